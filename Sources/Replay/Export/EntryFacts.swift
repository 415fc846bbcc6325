import Nostr
import Reducers

/// What an entry says, in the columns that every export has.
struct EntryFacts {
    /// One word for what the entry is, as `log` has it.
    let type: String
    /// Which input it is, more closely than the type says; `nil` for an output.
    var input: String?
    /// The position of the input that an output follows from.
    let cause: UInt64?
    /// Where an event came in.
    var door: String?
    /// The session that an input came from or is about, by the position of the entry that opened it.
    var session: UInt64?
    /// Of the event that the entry holds, or of the event that was decided.
    let kind: Kind?
    let event: Event?
    /// Who signed the event, or asked for what was decided.
    let author: PublicKey?
    /// Whom it is about.
    var target: PublicKey?
    let decision: Decision?
    /// What the sender was told.
    var message: Text?

    init(_ entry: RecordedEntry) {
        type = EntryWords.type(entry)
        cause = entry.cause
        event = entry.event
        decision = entry.decision
        kind = entry.event?.kind ?? entry.decision?.kind
        author = entry.event?.pubkey ?? entry.decision?.author
        switch entry.content {
        case .input(let input, let answer):
            message = answer
            take(input)
        case .output(.decision(let decision)):
            target = decision.target
            message = Text(decision.message)
        case .output(.effect(let effect, _)): target = effect.key
        case .output(.event(let event, _)): target = EntryFacts.subject(of: event)
        case .erased: break
        }
    }

    private mutating func take(_ input: Input) {
        self.input = type
        switch input {
        case .event(let event, let session, let door):
            self.session = session
            self.door = door.rawValue
            target = EntryFacts.subject(of: event)
        case .authenticated(_, let session): (self.input, self.session) = ("authenticated", session)
        case .listening(let session, _): (self.input, self.session) = ("listening", session)
        case .inviteRequested(let session, _): (self.input, self.session) = ("invite", session)
        case .closed(let session, _): (self.input, self.session) = ("closed", session)
        case .management(let body, _):
            (self.input, door) = ("management", Door.http.rawValue)
            if case .command(let command)? = try? ManagementCall(body: body) { target = command.key }
        case .operatorCommand(let command): target = command.key
        default: break
        }
    }

    /// The key that a request, a command, a call or a notice is about.
    private static func subject(of event: Event) -> PublicKey? {
        switch event.kind {
        case .meshConnectRequest, .addMember, .removeMember, .changeRole, .callMeNow, .memberAdded, .memberRemoved:
            event.tags.firstValue(of: "p").flatMap { PublicKey(hex: $0.string.lowercased()) }
        default: nil
        }
    }
}
