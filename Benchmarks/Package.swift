// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "growthring-benchmarks",
  platforms: [.macOS(.v26)],
  dependencies: [
    .package(name: "growthring", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
  ],
  targets: [
    .executableTarget(
      name: "growthring-bench",
      dependencies: [
        .product(name: "GrowthRing", package: "growthring"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
  ]
)
