import Log
import Nostr
import Reducers

/// A proof in one file: entries with their payloads and salts, each with the way to the root of one checkpoint, and what
/// the members' root says of some keys. As JSON, in one spelling only: see docs/proofs.md.
struct ProofBundle {
    /// What the first field says; another number means another form.
    static let version = "ringdown bundle 1"
    /// Entries of one bundle: a call has five.
    static let maximumEntries = 128
    /// Bytes of a file that is read.
    static let maximumBytes = 64 << 20

    /// One entry and its way to the root.
    struct Entry {
        var statement: InclusionStatement
        /// Salt and payload; `nil` when they were erased.
        var body: (salt: Bytes32, payload: [UInt8])?
    }

    /// What the members' root of the decision says of a key.
    struct Membership {
        var key: PublicKey
        var proof: MembersProof
    }

    /// What it proves, in words; recomputed by whoever checks.
    var about: [String] = []
    /// Entry 0, the policy in force, the input, and what follows from it.
    var entries: [Entry] = []
    /// Requester and target of a connect request.
    var memberships: [Membership] = []
}

extension ProofBundle {
    /// The file.
    var file: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.line()
        json.field("proof", ProofBundle.version)
        json.line()
        json.key("about")
        json.beginArray()
        for line in about {
            json.line()
            json.string(line)
        }
        json.endArray()
        json.line()
        json.key("entries")
        json.beginArray()
        for entry in entries {
            json.line()
            json.write(entry)
        }
        json.endArray()
        json.line()
        json.key("members")
        json.beginArray()
        for membership in memberships {
            json.line()
            json.write(membership)
        }
        json.endArray()
        json.line()
        json.endObject()
        json.line()
        return json.bytes
    }

    /// Reads a file: its form only.
    init(parsing file: [UInt8]) throws(ProofFailure) {
        do {
            let object = try JSONValue.parse(file).objectValue
            guard let object, object["proof"]?.stringValue?.string == ProofBundle.version else {
                throw ProofFailure("it is no bundle of this kind: expected \"proof\": \"\(ProofBundle.version)\"")
            }
            about = try ProofBundle.array(object["about"], "about").map {
                guard let text = $0.stringValue else { throw ProofFailure("\"about\" has something that is no text") }
                return text.string
            }
            let found = try ProofBundle.array(object["entries"], "entries")
            guard found.count <= ProofBundle.maximumEntries else { throw ProofFailure("it has too many entries") }
            entries = try found.map { try Entry($0) }
            memberships = try ProofBundle.array(object["members"], "members").map { try Membership($0) }
        } catch let error as ProofFailure {
            throw error
        } catch {
            throw ProofFailure("it cannot be read: \(error)")
        }
        guard self.file == file else {
            throw ProofFailure("it is not in the one spelling that bundles have: somebody wrote into it")
        }
    }

    fileprivate static func array(_ value: JSONValue?, _ name: String) throws -> [JSONValue] {
        guard let array = value?.arrayValue else { throw ProofFailure("it has no list \"\(name)\"") }
        return array
    }
}

/// Why a file proves nothing; the message follows "not proven: ".
struct ProofFailure: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension ProofBundle.Entry {
    fileprivate init(_ value: JSONValue) throws {
        guard let text = value["tlog_proof"]?.stringValue else { throw ProofFailure("an entry has no \"tlog_proof\"") }
        statement = try InclusionStatement(parsing: text.string)
        guard let salt = value["salt"]?.stringValue else { return }
        let payload =
            value["payload"]?.stringValue?.utf8 ?? value["payload64"]?.stringValue.flatMap { Base64.decode($0.string) }
        guard let salt = Bytes32(hex: salt.string), let payload else {
            throw ProofFailure("an entry has a salt or payload that cannot be read")
        }
        body = (salt, payload)
    }
}

extension ProofBundle.Membership {
    fileprivate init(_ value: JSONValue) throws {
        guard let key = value["key"]?.stringValue.flatMap({ PublicKey(hex: $0.string) }),
            let size = value["size"]?.unsignedInteger
        else { throw ProofFailure("a proof of membership cannot be read") }
        self.key = key
        let witnesses = try ProofBundle.array(value["shown"], "shown").map { shown in
            guard let key = shown["key"]?.stringValue.flatMap({ PublicKey(hex: $0.string) }),
                let role = shown["role"]?.unsignedInteger.flatMap({ UInt8(exactly: $0) }),
                let since = shown["since"]?.unsignedInteger, let index = shown["index"]?.unsignedInteger
            else { throw ProofFailure("a member cannot be read") }
            let path = try ProofBundle.array(shown["path"], "path").map { hash in
                guard let bytes = hash.stringValue.flatMap({ Base64.decode($0.string) }), let hash = Bytes32(bytes)
                else { throw ProofFailure("a hash of a proof of membership cannot be read") }
                return hash
            }
            return MembersProof.Witness(
                member: MemberLeaf(key: key, role: role, since: since), index: index, path: path)
        }
        proof = MembersProof(size: size, witnesses: witnesses)
    }
}

extension JSONWriter {
    /// Begins a line, for people who look at the file.
    fileprivate mutating func line() { bytes.append(0x0a) }

    fileprivate mutating func write(_ entry: ProofBundle.Entry) {
        beginObject()
        field("position", entry.statement.index)
        if let body = entry.body {
            field("salt", body.salt)
            // The payloads of this program are texts; those that are not are carried all the same.
            if let text = String(validating: body.payload, as: UTF8.self) {
                field("payload", text)
            } else {
                field("payload64", Base64.encode(body.payload))
            }
        }
        field("tlog_proof", entry.statement.text)
        endObject()
    }

    fileprivate mutating func write(_ membership: ProofBundle.Membership) {
        beginObject()
        field("key", membership.key)
        field("size", membership.proof.size)
        key("shown")
        beginArray()
        for witness in membership.proof.witnesses {
            beginObject()
            field("key", witness.member.key)
            field("role", witness.member.role)
            field("since", witness.member.since)
            field("index", witness.index)
            key("path")
            beginArray()
            for hash in witness.path { string(Base64.encode(hash.bytes)) }
            endArray()
            endObject()
        }
        endArray()
        endObject()
    }
}
