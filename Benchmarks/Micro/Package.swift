// swift-tools-version: 6.2
import PackageDescription

/// What is measured is `package`, so these benchmarks are compiled as if they belonged to the package of the project. The
/// compiler knows it by the name of its folder.
let projectFolder = Context.packageDirectory.split(separator: "/").dropLast(2).last ?? ""
let projectName = String(projectFolder.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })

let package = Package(
  name: "growthring-micro-benchmarks",
  platforms: [.macOS(.v26)],
  dependencies: [
    .package(name: "growthring", path: "../.."),
    // Without its traits, which count allocations through libraries of their own.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "Micro",
      dependencies: [
        .product(name: "GrowthRing", package: "growthring"), .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/Micro",
      packageAccess: false,
      swiftSettings: [
        .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .unsafeFlags(["-package-name", projectName]),
      ],
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ]
)
