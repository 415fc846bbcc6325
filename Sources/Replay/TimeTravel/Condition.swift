import Nostr
import Reducers

/// What a condition looks at: a step, and the state right after it.
struct Scene {
    let step: RecordedStep
    let state: RelayState
    let sessions: SessionKeys
}

/// A condition on steps: comparisons with `and`, `or`, `not` and parentheses.
indirect enum Condition: Equatable {
    case compare(Field, Comparison, Literal)
    /// The field has a value at all.
    case present(Field)
    case not(Condition)
    case and(Condition, Condition)
    case or(Condition, Condition)

    enum Comparison: String, CaseIterable {
        case equal = "=="
        case unequal = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    /// What a field is compared with.
    enum Literal: Equatable {
        case number(Int64)
        /// A word, or a key as hex.
        case word(String)
        case key(PublicKey)
    }

    /// What a step or the state has.
    enum Field: Equatable {
        case named(Name)
        case policy(String)

        enum Name: String, CaseIterable {
            case position, type, kind, author, target, key, outcome, code, event, session, member, members, notes,
                sessions, granted, refused
        }
    }

    /// Whether it is so. A field without a value makes every comparison false but `!=`.
    func holds(in scene: Scene) -> Bool {
        switch self {
        case .not(let condition): return !condition.holds(in: scene)
        case .and(let left, let right): return left.holds(in: scene) && right.holds(in: scene)
        case .or(let left, let right): return left.holds(in: scene) || right.holds(in: scene)
        case .present(let field): return !field.values(in: scene).isEmpty
        case .compare(.named(.key), let comparison, .key(let key)):
            return scene.step.names(key, sessions: scene.sessions) == (comparison == .equal)
        case .compare(let field, let comparison, let literal):
            let values = field.values(in: scene)
            if comparison == .unequal { return !values.contains(literal) }
            return values.contains { comparison.holds($0, literal) }
        }
    }
}

extension Condition.Comparison {
    func holds(_ left: Condition.Literal, _ right: Condition.Literal) -> Bool {
        guard case .number(let left) = left, case .number(let right) = right else {
            return self == .equal && left == right
        }
        switch self {
        case .equal: return left == right
        case .unequal: return left != right
        case .less: return left < right
        case .lessOrEqual: return left <= right
        case .greater: return left > right
        case .greaterOrEqual: return left >= right
        }
    }
}

extension Condition.Field {
    typealias Literal = Condition.Literal

    /// The values that a scene has for the field.
    func values(in scene: Scene) -> [Literal] {
        func number(_ value: (some BinaryInteger)?) -> [Literal] { value.map { [.number(Int64(clamping: $0))] } ?? [] }
        func word(_ value: String?) -> [Literal] { value.map { [.word($0)] } ?? [] }
        func key(_ value: PublicKey?) -> [Literal] { value.map { [.key($0)] } ?? [] }
        let (step, state) = (scene.step, scene.state)
        switch self {
        case .policy(let name):
            guard let value = PolicyOverrides.settings(of: state.policy).first(where: { $0.name == name })?.value else {
                return []
            }
            return Int64(value).map { [.number($0)] } ?? [.word(value)]
        case .named(let name):
            switch name {
            case .position: return number(step.input.leaf.seq)
            case .type: return word(EntryWords.type(step.input))
            case .kind: return number(step.input.event?.kind.rawValue)
            case .author: return key(step.input.event?.pubkey)
            case .target: return key(step.decision?.target)
            case .key: return step.input.event == nil ? [] : key(step.input.event?.pubkey)
            case .outcome: return word(StepResult(step).outcome)
            case .code: return word(step.decision?.code)
            case .event: return word(step.input.event?.id.hex)
            case .session: return number(step.input.session)
            case .member:
                return step.outputs.flatMap { output -> [Literal] in
                    guard case .output(.effect(let effect, _)) = output.content else { return [] }
                    return [.key(effect.key)]
                }
            case .members: return number(state.membership.members.count)
            case .notes: return number(state.discovery.notes.count)
            case .sessions: return number(state.sessions.count)
            case .granted: return number(state.signaling.granted)
            case .refused: return number(state.signaling.refused)
            }
        }
    }
}
