// swift-tools-version: 6.2
import PackageDescription

/// Language mode 6 with every safety the compiler offers; a warning is an error.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "growthring",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "GrowthRing", targets: ["GrowthRing"]),
    .executable(name: "growthring", targets: ["GrowthRingCLI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // System libraries.
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"]), .brew(["xxhash"])]),
    .systemLibrary(name: "CPrefetch"),
    .systemLibrary(name: "CAllocator"),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),

    // The rooms, lowest first. An arrow points down only.
    .target(name: "Columnar", dependencies: ["CLZ4", "CZstd", "CXXHash", "CPrefetch"], swiftSettings: strict),
    .target(name: "Parquet", dependencies: ["Columnar", "CZlib", "CZstd"], swiftSettings: strict),
    .target(name: "StorageIO", swiftSettings: strict),
    .target(name: "StoreEngine", dependencies: ["Columnar", "StorageIO", "CPrefetch"], swiftSettings: strict),
    .target(name: "TextSearch", dependencies: ["CSQLite"], swiftSettings: strict),
    .target(
      name: "GrowthRing", dependencies: ["StoreEngine", "TextSearch", "Parquet", "Columnar", "StorageIO"],
      swiftSettings: strict),
    .executableTarget(
      name: "GrowthRingCLI",
      dependencies: [
        "GrowthRing", "CAllocator", "CZlib", "CZstd",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),

    // The example of the README, compiled so that it stays true.
    .executableTarget(
      name: "Embedding", dependencies: ["GrowthRing"], path: "Examples/Embedding", swiftSettings: strict),

    // Tests, one target a room, and the simulation over all of them.
    .target(
      name: "TestSupport", dependencies: ["Columnar", "StorageIO", "StoreEngine", "TextSearch", "GrowthRing"],
      path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "ColumnarTests", dependencies: ["Columnar", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "ParquetTests", dependencies: ["Parquet", "Columnar"], swiftSettings: strict),
    .testTarget(name: "TextSearchTests", dependencies: ["TextSearch"], swiftSettings: strict),
    .testTarget(name: "StorageIOTests", dependencies: ["StorageIO", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "StoreEngineTests", dependencies: ["StoreEngine", "Columnar", "StorageIO", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "GrowthRingTests",
      dependencies: [
        "GrowthRing", "StoreEngine", "TextSearch", "Parquet", "Columnar", "StorageIO", "TestSupport", "CZstd",
      ],
      swiftSettings: strict),
    .testTarget(name: "CLITests", dependencies: ["GrowthRingCLI", "GrowthRing"], swiftSettings: strict),
    .testTarget(
      name: "SimulationTests",
      dependencies: ["GrowthRing", "StoreEngine", "Columnar", "StorageIO", "TestSupport", "crash-appender"],
      swiftSettings: strict),
    // What Tests/Search/check_search.py asks: searches in a store of given units.
    .executableTarget(
      name: "search-probe", dependencies: ["GrowthRing"], path: "Tests/SearchProbe", swiftSettings: strict),
    // What the tests start as another process: appends, replays, and is killed.
    .executableTarget(
      name: "crash-appender", dependencies: ["GrowthRing", "StoreEngine", "StorageIO", "TestSupport"],
      path: "Tests/CrashAppender", swiftSettings: strict),
  ]
)
