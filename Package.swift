// swift-tools-version: 6.2
import PackageDescription

// Built by scripts/fuzz.sh alone: libFuzzer brings flags along that no other product can have.
let fuzzProducts: [Product] =
    Context.environment["RINGDOWN_FUZZ"] == nil
    ? [] : [.library(name: "ringdown-fuzz", type: .static, targets: ["RingdownFuzz"])]

// The same sources are a test, and there run over the kept inputs.
let fuzzTargets: [Target] =
    Context.environment["RINGDOWN_FUZZ"] == nil
    ? [
        .testTarget(
            name: "FuzzTests", dependencies: ["Nostr", "Log", "Reducers"], path: "Tests/Fuzz",
            exclude: ["Program", "Corpora", "sanitizers"], sources: ["Targets", "Checks"])
    ]
    : [
        .target(
            name: "RingdownFuzz", dependencies: ["Nostr", "Log", "Reducers"], path: "Tests/Fuzz",
            exclude: ["Checks", "Corpora", "sanitizers"], sources: ["Targets", "Program"])
    ]

let package = Package(
    name: "ringdown",
    products: [
        .executable(name: "ringdown-relay", targets: ["ringdown-relay"]),
        .executable(name: "ringdown-replay", targets: ["ringdown-replay"]),
    ] + fuzzProducts,
    traits: [
        .trait(name: "TLS", description: "Serve wss:// without a proxy. Builds BoringSSL, which takes some minutes.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        // Neither fetched nor built without the trait TLS.
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        .systemLibrary(name: "CLMDB", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(name: "CSecp256k1", pkgConfig: "libsecp256k1", providers: [.apt(["libsecp256k1-dev"])]),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

        .target(name: "Nostr", dependencies: ["CSecp256k1", "CLibCrypto"]),
        .target(name: "Log", dependencies: ["Nostr", "CLMDB", "CLibCrypto", "CZstd"]),
        .target(name: "Fetch"),
        .target(
            name: "Reducers",
            dependencies: ["Nostr", "Log", .product(name: "DequeModule", package: "swift-collections")]),
        .target(
            name: "Relay",
            dependencies: [
                "Nostr", "Log", "Reducers", "Fetch",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["TLS"])),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ]),
        .target(
            name: "Replay",
            dependencies: [
                "Nostr", "Log", "Reducers", "Fetch", "CSQLite",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "ringdown-relay", dependencies: ["Relay"]),
        .executableTarget(name: "ringdown-replay", dependencies: ["Replay"]),

        // Glibc's module leaves epoll out.
        .systemLibrary(name: "CEpoll", path: "Benchmarks/CEpoll"),
        .executableTarget(
            name: "ringdown-bench",
            dependencies: [
                "CEpoll", "Nostr", "Log", "Reducers", "Replay",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks", exclude: ["CEpoll"]),
        .executableTarget(
            name: "ringdown-crash-check", dependencies: ["Nostr", "Log", "Replay"], path: "Tests/Chaos/Checker"),

        // Not a product for users: Tests/Chaos/corruption runs it.
        .executableTarget(
            name: "ringdown-corruption", dependencies: ["Nostr", "Log", "Reducers", "Replay"], path: "Tests/Corruption"),

        // The simulator: beside the tests, because it is nothing that a user runs, and built like a program of ours.
        .target(
            name: "Simulator",
            dependencies: [
                "Nostr", "Log", "Reducers", "Relay", "Replay",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            path: "Tests/Simulator/Library"),
        .executableTarget(
            name: "ringdown-sim",
            dependencies: ["Simulator", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/Simulator/Tool"),
        .testTarget(name: "SimulatorTests", dependencies: ["Simulator"], path: "Tests/Simulator/Tests"),

        .testTarget(name: "NostrTests", dependencies: ["Nostr"], resources: [.copy("Vectors")]),
        .testTarget(name: "LogTests", dependencies: ["Log"], resources: [.copy("Vectors")]),
        .testTarget(name: "ReducersTests", dependencies: ["Reducers"]),
        .testTarget(name: "RelayTests", dependencies: ["Relay"]),
        .testTarget(name: "ReplayTests", dependencies: ["Replay", "CSQLite"]),
    ] + fuzzTargets,
    swiftLanguageModes: [.v6]
)
