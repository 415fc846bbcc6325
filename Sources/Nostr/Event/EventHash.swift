/// The canonical serialisation of NIP-01, `[0,pubkey,created_at,kind,tags,content]` without white space, and its hash.
extension Event {
    /// The id of an event with these fields.
    ///
    /// `controlCharacters` says how the characters below U+0020 that have no short escape are hashed. New events use
    /// `.escaped`: it is what practically all other software computes. `verify` accepts both.
    public static func canonicalHash(
        pubkey: PublicKey, createdAt: Int64, kind: Kind, tags: [[Text]], content: Text,
        controlCharacters: ControlCharacters = .escaped
    ) -> EventID {
        var output: [UInt8] = []
        output.reserveCapacity(128 + content.utf8.count)
        output.append(contentsOf: "[0,\"".utf8)
        pubkey.appendHex(to: &output)
        output.append(contentsOf: "\",".utf8)
        Decimal.append(createdAt, to: &output)
        output.append(0x2c)
        Decimal.append(kind.rawValue, to: &output)
        output.append(contentsOf: ",[".utf8)
        var isFirstTag = true
        for tag in tags {
            if !isFirstTag { output.append(0x2c) }
            isFirstTag = false
            output.append(0x5b)
            var isFirst = true
            for element in tag {
                if !isFirst { output.append(0x2c) }
                isFirst = false
                append(element, controlCharacters, to: &output)
            }
            output.append(0x5d)
        }
        output.append(contentsOf: "],".utf8)
        append(content, controlCharacters, to: &output)
        output.append(0x5d)
        return SHA256.hash(output)
    }

    private static func append(_ text: Text, _ controlCharacters: ControlCharacters, to output: inout [UInt8]) {
        output.append(JSONEscape.quote)
        text.utf8.withUnsafeBytes { JSONEscape.append($0, controlCharacters: controlCharacters, to: &output) }
        output.append(JSONEscape.quote)
    }

    /// The hash of this event's canonical serialisation.
    ///
    /// What is canonical as it stands in the raw bytes, which is nearly always everything, is hashed from there.
    func canonicalHash(_ controlCharacters: ControlCharacters) -> EventID {
        let layout = storage.layout
        return storage.raw.withUnsafeBytes { raw in
            var hasher = SHA256()
            hasher.update("[0,\"")
            hasher.update(UnsafeRawBufferPointer(rebasing: raw[layout.pubkey]))
            hasher.update("\",")
            hasher.update(layout.createdAtPart.slice(of: raw))
            hasher.update(",")
            hasher.update(layout.kindPart.slice(of: raw))
            hasher.update(",")
            if storage.tagsAreCanonical {
                hasher.update(layout.tagsPart.slice(of: raw))
            } else {
                hasher.update(canonicalTags(raw, controlCharacters))
            }
            hasher.update(",\"")
            if layout.contentPart.isCanonical {
                hasher.update(layout.contentPart.slice(of: raw))
            } else {
                var content: [UInt8] = []
                layout.contentPart.appendCanonical(raw, controlCharacters, to: &content)
                hasher.update(content)
            }
            hasher.update("\"]")
            return hasher.finalize()
        }
    }

    private func canonicalTags(_ raw: UnsafeRawBufferPointer, _ controlCharacters: ControlCharacters) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(storage.layout.tagsPart.count)
        output.append(0x5b)
        for index in storage.tagEnds.indices {
            if index > 0 { output.append(0x2c) }
            output.append(0x5b)
            let elements = storage.elements(ofTag: index)
            for position in elements {
                if position > elements.lowerBound { output.append(0x2c) }
                output.append(JSONEscape.quote)
                storage.tagElements[position].appendCanonical(raw, controlCharacters, to: &output)
                output.append(JSONEscape.quote)
            }
            output.append(0x5d)
        }
        output.append(0x5d)
        return output
    }
}

extension EventPart {
    /// Appends the canonical form of the string, without quotes.
    fileprivate func appendCanonical(
        _ raw: UnsafeRawBufferPointer, _ controlCharacters: ControlCharacters, to output: inout [UInt8]
    ) {
        if isCanonical {
            output.append(contentsOf: slice(of: raw))
        } else {
            withDecoded(from: raw) { JSONEscape.append($0, controlCharacters: controlCharacters, to: &output) }
        }
    }
}
