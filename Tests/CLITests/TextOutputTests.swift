import GrowthRing
import Testing

@testable import GrowthRingCLI

struct TextOutputTests {
  private func text(_ body: (inout [UInt8]) -> Void) -> String {
    var bytes: [UInt8] = []
    body(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    0, 1, -1, 1_000_000, -1_500_000, 11_770_000, Int128(Int64.max), Int128(Int64.min), Int128.max, Int128.min,
  ])
  func decimals(value: Int128) {
    #expect(text { $0.append(millionths: value) } == Score(millionths: value).description)
  }

  @Test(arguments: [
    0, -1, 1, 1_767_225_600_000_000, 1_767_225_600_500_000, -62_135_596_800_000_000, 253_402_300_799_999_999,
    951_782_399_123_456,
  ])
  func times(microseconds: Int64) {
    let time = Timestamp(microseconds: microseconds)
    #expect(text { $0.append(time: time) } == time.description)
    #expect(text { $0.appendDate(time.day) } == Timestamp.Day.text(time.day))
  }

  @Test func numbers() {
    #expect(NumberText.grouped(0) == "0")
    #expect(NumberText.grouped(-1_067_370) == "-1,067,370")
    #expect(NumberText.grouped(999) == "999")
    #expect(NumberText.bytes(1023) == "1023 B")
    #expect(NumberText.bytes(1536) == "1.5 KiB")
    #expect(NumberText.fixed(2.345, 2) == "2.35" || NumberText.fixed(2.345, 2) == "2.34")
    #expect(NumberText.fixed(-0.001, 1) == "0.0")
    #expect(NumberText.fixed(.infinity, 1) == "-")
    #expect(NumberText.duration(65) == "1:05")
    #expect(NumberText.duration(7384) == "2:03:04")
  }

  @Test func tablesAreSafeAndFit() {
    #expect(TableText.printable("a\u{1B}[2J\nb") == "a\\u{1B}[2J\\nb")
    #expect(TableText.width("日本") == 4)
    #expect(TableText.cut("abcdef", to: 4) == "abc…")
    #expect(TableText.cut("日本語", to: 4) == "日…")
    #expect(TableText.cut("abcd", to: 4) == "abcd")
  }

  @Test func bars() {
    func day(_ number: Int32, _ score: Int128) -> BarChart.Day {
      BarChart.Day(day: number, score: Score(millionths: score * 1_000_000), events: 1)
    }
    let lines = BarChart.lines([day(0, 8), day(1, -4), day(3, 1), day(30, 0)], width: 50)
    #expect(lines.count == 6)
    #expect(lines[0].hasPrefix("1970-01-01   8  1 event  ████"))
    #expect(lines[1].contains("░"))
    #expect(lines[2] == "1970-01-03")
    #expect(lines[4].contains("26 days without events"))
    #expect(lines.allSatisfy { $0.count <= 50 })
    #expect(BarChart.lines([], width: 80).isEmpty)
  }

  @Test func progress() {
    let line = ProgressLine.line(fraction: 0.5, "10 events", seconds: 10)
    #expect(line.contains("50 %"))
    #expect(line.contains("0:10 left"))
    #expect(ProgressLine.line(fraction: nil, "10 events", seconds: 1) == "10 events")
  }
}
