import Nostr

extension Projection {
    /// The content of the note: camelCase fields, optional ones left out, never null; the one exception is
    /// `capacity.vramGb` (WIRE.md, "30621 mesh status").
    public func content(dialect: Dialect, updatedAt: Int64) -> Text {
        var json = JSONWriter()
        json.beginObject()
        json.key("v")
        json.number(1)
        json.key("type")
        json.string(dialect.meshStatusType)
        json.key("updatedAt")
        json.number(updatedAt)
        json.field("meshId", meshID)
        json.field("meshName", meshName)
        json.key("serveTargets")
        json.beginArray()
        for target in targets { json.write(target) }
        json.endArray()
        json.key("models")
        json.beginArray()
        for model in models {
            json.beginObject()
            json.field("id", model)
            json.endObject()
        }
        json.endArray()
        json.key("peerCount")
        json.number(Int64(peerCount))
        json.endObject()
        return Text(validUTF8: json.bytes)
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ target: Projection.Target) {
        beginObject()
        field("modelId", target.modelID)
        field("endpointAddr", target.endpointAddress)
        field("nodeName", target.nodeName)
        key("capacity")
        beginObject()
        key("vramGb")
        if let vram = target.vramGigabytes { raw(vram.utf8) } else { null() }
        endObject()
        endObject()
    }
}
