import ArgumentParser
import Foundation
import Log
import Nostr
import Reducers

/// Carries requests out on a data directory: through the relay that runs there, or by itself when none does.
final class Operation {
    /// How long a command waits for a relay that holds the log but does not answer yet: it is starting or stopping.
    private static let patienceSeconds = 10
    /// Requests sent ahead of their answers, or carried out in one commit.
    static let ahead = 256

    private enum Way {
        case relay(ControlClient)
        case log(OpenedLog)
    }

    private var way: Way
    let directory: String

    /// Whether a relay runs there.
    var isLive: Bool { if case .relay = way { true } else { false } }

    /// - Parameter creates: whether a log is begun where there is none.
    init(_ directory: String, creates: Bool = true) throws {
        self.directory = directory
        var waited = 0
        while true {
            if let client = ControlClient(directory: directory) {
                way = .relay(client)
                return
            }
            guard creates || FileManager.default.fileExists(atPath: directory + "/data.mdb") else {
                throw SettingsError(description: "\(directory) holds no log; `ringdown-relay run` makes one")
            }
            do {
                way = .log(
                    try OpenedLog(directory: directory, policy: nil, origin: nil, logger: RelayLogging.quiet))
                return
            } catch let error as LogError where error.isLocked && waited < Operation.patienceSeconds * 10 {
                waited += 1
                usleep(100_000)
            }
        }
    }

    /// The log, where no relay runs.
    var log: OpenedLog? {
        get { if case .log(let opened) = way { opened } else { nil } }
        set { if let newValue { way = .log(newValue) } }
    }

    /// Carries one request out; returns when it is committed.
    func ask(_ request: ControlRequest) throws -> ControlAnswer {
        var answers: [ControlAnswer] = []
        try askAll([request]) { answers.append($0) }
        return answers[0]
    }

    /// Carries requests out in order, many at a time, and hands on their answers in order.
    func askAll(_ requests: [ControlRequest], _ answered: (ControlAnswer) throws -> Void) throws {
        for start in stride(from: 0, to: requests.count, by: Operation.ahead) {
            let part = requests[start..<min(start + Operation.ahead, requests.count)]
            switch way {
            case .relay(let client):
                for request in part { try client.send(request) }
                for _ in part { try answered(try client.receive()) }
            case .log(var opened):
                let answers = try opened.carryOut(Array(part))
                way = .log(opened)
                for answer in answers { try answered(answer) }
            }
        }
    }

    /// Asks, and fails with exit code 1 when the answer is no.
    func insist(_ request: ControlRequest) throws -> ControlAnswer {
        let answer = try ask(request)
        guard answer.accepted else {
            Failure.say(answer.message)
            throw ExitCode.failure
        }
        return answer
    }

    /// The state of the log in a directory, read beside whoever writes it.
    static func state(_ directory: String) throws -> RelayState {
        let log = try EventLog.open(directory: directory, mode: .readOnly)
        return try log.read { try Replayer.state(of: $0) }
    }
}

extension OpenedLog {
    /// Carries requests out without a relay, in one commit.
    mutating func carryOut(_ requests: [ControlRequest]) throws -> [ControlAnswer] {
        let batch = try log.beginBatch()
        var answers: [ControlAnswer] = []
        do {
            for request in requests { answers.append(try carryOut(request, batch)) }
            try batch.commit()
        } catch {
            batch.abort()
            throw error
        }
        return answers
    }

    private mutating func carryOut(_ request: ControlRequest, _ batch: Batch) throws -> ControlAnswer {
        func refused(_ message: String) -> ControlAnswer { ControlAnswer(accepted: false, message: message) }
        switch request {
        case .command(let command):
            return ControlAnswer(try append(.operatorCommand(command), batch))
        case .policy(let values):
            let policy: Policy
            do throws(SettingsError) {
                policy = try PolicyChange(values).applied(to: state.policy)
            } catch {
                return refused("invalid: \(error.description)")
            }
            guard policy != state.policy else {
                return ControlAnswer(accepted: true, message: "info: these settings are in force already")
            }
            return ControlAnswer(try append(.policy(policy, .current), batch))
        case .event(let bytes):
            let event: Event
            do throws(EventError) {
                event = try Event.parse(bytes, limits: .incoming)
                try event.verify()
            } catch {
                return refused("invalid: \(error.message)")
            }
            guard try !batch.contains(event.id) else {
                return ControlAnswer(accepted: true, message: "duplicate: already have this event")
            }
            guard try !batch.isDeleted(event) else { return refused(Refusal.deleted.message) }
            return ControlAnswer(try append(.event(event, session: nil, door: .imported), batch))
        case .erase(let positions, let reason):
            do {
                let erased = try batch.erase(
                    positions, reason: reason, in: log, state: &state, signedBy: identity.relay, in: .real)
                return ControlAnswer(accepted: true, message: "info: \(erased.count) payloads erased")
            } catch let error as LogError where error.isMisuse {
                return refused("invalid: \(error.description)")
            }
        case .checkpoint: return refused("error: a checkpoint is made by itself")
        case .archive(let step):
            return ControlAnswer(try batch.carryOut(step, in: log))
        case .status:
            return refused("error: no relay runs in this directory")
        }
    }

    private mutating func append(_ input: Input, _ batch: Batch) throws -> Transition.Answer {
        try batch.append(input, to: &state, signedBy: identity.relay, in: .real).transition.answer
    }
}
