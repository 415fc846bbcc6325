import Log
import Nostr
import Reducers

/// Goes through the entries of a report's range, and applies the inputs to a state of its own.
struct ReportPass {
    private var state: RelayState
    /// The story of each request that is told, by the request's position.
    private var stories: [UInt64: Int] = [:]
    /// Since when each member has its role.
    private var open: [PublicKey: Report.Span] = [:]
    /// Who asked for what follows: the author of the latest input.
    private var author: PublicKey?
    private var mayRecompute = true
    private var isOpen: Bool

    /// Begins with the state before the range.
    init(_ state: RelayState, _ report: inout Report) {
        self.state = state
        isOpen = !state.policy.requireMembership
        for (index, story) in report.stories.enumerated() { stories[story.attempt.request.seq] = index }
    }

    /// Learns who is a member already.
    mutating func begin(_ reader: borrowing LogReader, _ report: inout Report) throws {
        for member in state.membership.members {
            open[member.key] = Report.Span(
                role: member.role, since: member.since, began: try reader.leaf(at: member.since)?.time ?? 0)
        }
    }

    mutating func take(_ entry: borrowing EntryView, _ reader: borrowing LogReader, _ report: inout Report) throws {
        let recorded = try RecordedEntry(entry)
        switch recorded.content {
        case .input(let input, let answer):
            author = recorded.event?.pubkey
            if case .event(let event, _, _) = input {
                report.events += 1
                learnName(event, &report)
                if let answer, answer.isRefusal { count(answer, code: nil, recorded, &report) }
            }
            if case .dropped(let dropped) = input {
                for (reason, count) in dropped.counts { report.dropped[reason, default: 0] += count }
            }
            if case .policy(let policy, _) = input { isOpen = !policy.requireMembership }
            if let index = stories[recorded.leaf.seq] { report.stories[index].wasOpen = isOpen }
            if case .checkpoint(let note) = input {
                report.checkpoint = ReportCheckpoint(position: recorded.leaf.seq, note: note.string)
            }
            if mayRecompute { explain(input, at: recorded.position, &report) }
        case .output(.decision(let decision)):
            compare(decision, &report)
            guard decision.outcome == .refused else { return }
            count(Text(decision.message), code: decision.code, recorded, &report)
        case .output(.effect(let effect, _)): take(effect, recorded, &report)
        case .output(.event(let event, _)):
            if event.kind == .meshStatus { learnNodeName(event, &report) }
        case .erased:
            guard !recorded.leaf.type.isOutput else { return }
            // From here on the state knows less than the relay did.
            mayRecompute = false
            report.hasGap = true
        }
    }

    /// What had not ended where the range does.
    mutating func finish(_ report: inout Report) {
        for (key, span) in open { report.spans[key, default: []].append(span) }
    }

    // MARK: - Stories

    private mutating func explain(_ input: Input, at position: Position, _ report: inout Report) {
        guard let index = stories[position.seq] else {
            state.apply(input, at: position)
            return
        }
        let (checks, transition) = state.explain(input, at: position)
        report.stories[index].checks = checks
        report.stories[index].recomputed = transition.decision
        let steps = checks.map { Explanation.Step(name: $0.name.rawValue, passed: $0.passed, fact: $0.fact.text) }
        report.stories[index].advice = Advice.text(transition, steps: steps, event: nil)
        state.apply(input, at: position)
    }

    private func compare(_ decision: Decision, _ report: inout Report) {
        guard let index = stories[decision.request], let recomputed = report.stories[index].recomputed else { return }
        report.stories[index].differs = recomputed != decision
    }

    // MARK: - Refusals

    private func count(_ message: Text, code: String?, _ entry: RecordedEntry, _ report: inout Report) {
        let reason = Printable.text(message)
        guard report.refusals[reason] != nil || report.refusals.count < Report.maximumReasons else { return }
        let isAboutCalls = (entry.decision?.kind ?? entry.event?.kind) == .meshConnectRequest
        var refusals = report.refusals[reason] ?? Report.Refusals(latest: 0, isAboutCalls: isAboutCalls)
        refusals.code = code ?? refusals.code
        refusals.count += 1
        refusals.latest = entry.cause ?? entry.leaf.seq
        if let author = entry.event?.pubkey ?? entry.decision?.author, refusals.authors.count < Report.maximumLanes {
            refusals.authors.insert(author)
        }
        report.refusals[reason] = refusals
    }

    // MARK: - Members

    private mutating func take(_ effect: MembershipEffect, _ entry: RecordedEntry, _ report: inout Report) {
        let time = entry.leaf.time
        if var span = open.removeValue(forKey: effect.key) {
            (span.ended, span.until, span.endedBy) = (time, entry.leaf.seq, author)
            if case .remove = effect.change {} else { span.isChange = true }
            report.spans[effect.key, default: []].append(span)
        }
        switch effect.change {
        case .add(let role), .change(let role):
            open[effect.key] = Report.Span(role: role, since: entry.leaf.seq, began: time, by: author)
        case .remove: break
        }
    }

    /// The name in a profile (NIP-01, kind 0).
    private func learnName(_ event: Event, _ report: inout Report) {
        guard event.kind == .metadata, let profile = try? JSONValue.parse(event.content.utf8) else { return }
        remember(profile["display_name"]?.stringValue ?? profile["name"]?.stringValue, of: event.pubkey, &report)
    }

    /// The name of a node in its note, unless its owner has a profile.
    private func learnNodeName(_ note: Event, _ report: inout Report) {
        guard let reporter = note.tags.firstValue(of: "d").flatMap({ PublicKey(hex: $0.string.suffix(64)) }),
            report.names[reporter] == nil, let content = try? JSONValue.parse(note.content.utf8)
        else { return }
        remember(content["serveTargets"]?.arrayValue?.first?["nodeName"]?.stringValue, of: reporter, &report)
    }

    /// Characters of a name that are shown.
    private static let nameCharacters = 32

    private func remember(_ name: Text?, of key: PublicKey, _ report: inout Report) {
        guard let name, !name.isEmpty, report.names[key] != nil || report.names.count < Report.maximumNames else {
            return
        }
        let shown = Printable.text(name)
        report.names[key] =
            shown.count > ReportPass.nameCharacters ? shown.prefix(ReportPass.nameCharacters) + "…" : shown
    }
}
