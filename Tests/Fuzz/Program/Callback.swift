import Glibc

/// What libFuzzer calls with each input that it makes. Its `main` is the program's.
@_cdecl("LLVMFuzzerTestOneInput")
public func runOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Selection.run(UnsafeBufferPointer(start: start, count: count))
    return 0
}

/// What libFuzzer calls before the first input.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    Selection.writeSeeds()
    return 0
}

/// The target that this process fuzzes.
enum Selection {
    static let variable = "RINGDOWN_FUZZ_TARGET"
    static let target: FuzzTarget = {
        let name = getenv(variable).map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            fatalError("\(variable) is one of \(FuzzTarget.all.map(\.name).joined(separator: " "))")
        }
        return target
    }()

    /// Adds the inputs that are made, not kept, to the folder that the process starts from.
    static func writeSeeds() {
        guard let folder = getenv("RINGDOWN_FUZZ_SEEDS").map({ String(cString: $0) }) else { return }
        for (number, seed) in MadeSeeds.of(target.name).enumerated() {
            guard let file = fopen("\(folder)/made-\(number)", "w") else { continue }
            fwrite(seed, 1, seed.count, file)
            fclose(file)
        }
    }

    static func run(_ bytes: UnsafeBufferPointer<UInt8>) {
        do {
            try target.run(Array(bytes))
        } catch {
            fatalError("\(target.name): \(error)")
        }
    }
}
