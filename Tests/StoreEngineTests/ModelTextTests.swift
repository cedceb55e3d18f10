import StoreEngine
import Testing

struct TimestampTextTests {
  /// Text and microseconds as Python's `datetime` gives them.
  private static let table: [(String, Int64)] = [
    ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
    ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ("1970-01-01T00:00:00Z", 0),
    ("1969-12-31T23:59:59.999999Z", -1),
    ("2000-02-29T12:00:00Z", 951_825_600_000_000),
    ("1900-02-28T23:59:59Z", -2_203_891_201_000_000),
    ("1900-03-01T00:00:00Z", -2_203_891_200_000_000),
    ("2024-02-29T23:59:59.5Z", 1_709_251_199_500_000),
    ("2026-11-01T12:34:56.123456Z", 1_793_536_496_123_456),
    ("5306-03-13T20:03:04Z", 105_280_200_184_000_000),
    ("5992-10-02T16:13:02.6Z", 126_945_850_382_600_000),
    ("1145-04-03T17:27:03Z", -26_026_468_377_000_000),
    ("3658-11-21T18:03:36Z", 53_296_250_616_000_000),
    ("3623-01-18T04:18:26Z", 52_165_138_706_000_000),
    ("9354-05-18T21:11:06Z", 233_028_479_466_000_000),
    ("6102-02-18T22:04:36Z", 130_397_551_476_000_000),
    ("8134-11-18T13:49:20.9Z", 194_544_856_160_900_000),
    ("5925-05-08T05:44:49.255953Z", 124_818_731_089_255_953),
    ("8605-08-11T23:28:18Z", 209_399_642_898_000_000),
    ("8388-07-06T10:09:59Z", 202_548_679_799_000_000),
    ("1272-09-19T10:21:44.9Z", -22_004_055_495_100_000),
    ("9502-08-03T02:17:30Z", 237_705_416_250_000_000),
    ("5073-11-19T21:52:28.29842Z", 97_949_166_748_298_420),
    ("0370-08-12T05:39:07Z", -50_471_835_653_000_000),
    ("4710-03-24T07:25:25Z", 86_473_121_125_000_000),
    ("2726-08-13T17:17:56.143577Z", 23_876_443_076_143_577),
    ("6805-06-22T12:14:09Z", 152_592_812_049_000_000),
    ("3801-11-08T00:31:53.61774Z", 57_807_649_913_617_740),
    ("4620-01-05T13:34:23.639434Z", 83_626_263_263_639_434),
    ("2057-12-28T16:39:41Z", 2_776_783_181_000_000),
    ("9164-07-13T12:25:06Z", 227_037_471_906_000_000),
    ("3123-02-07T14:10:07Z", 36_388_361_407_000_000),
    ("1678-01-19T04:34:06Z", -9_212_988_354_000_000),
  ]

  @Test func agreesWithAnIndependentCalendar() {
    for (text, microseconds) in Self.table {
      #expect(Timestamp(text)?.microseconds == microseconds, "\(text)")
      #expect(Timestamp(microseconds: microseconds).description == text)
    }
  }

  @Test func acceptsTheUsualSpellings() {
    let noon: Int64 = 1_793_534_400_000_000
    let spellings: [(String, Int64)] = [
      ("2026-11-01", noon - 43_200_000_000), ("2026-11-01T12:00", noon), ("2026-11-01t12:00z", noon),
      ("2026-11-01 12:00:00", noon), ("2026-11-01T14:00:00+02:00", noon), ("2026-11-01T14:00:00+0200", noon),
      ("2026-11-01T07:00:00-05", noon), ("2026-11-01T12:00:00.000000000Z", noon),
      ("2026-11-01T12:00:00.5", noon + 500_000), ("2026-11-01T12:00:00.123456000Z", noon + 123_456),
      ("2026-11-01T12:00+00:00", noon),
    ]
    for (text, microseconds) in spellings { #expect(Timestamp(text)?.microseconds == microseconds, "\(text)") }
  }

  @Test func rejectsWhatIsNoTime() {
    let wrong = [
      "", "2026", "2026-11", "2026-11-1", "2026-13-01", "2026-00-01", "2026-11-31", "2023-02-29", "1900-02-29",
      "0000-01-01", "2026-11-01T", "2026-11-01T24:00:00Z", "2026-11-01T12:60:00Z", "2026-11-01T12:00:60Z",
      "2026-11-01T12:00:00.Z", "2026-11-01T12:00:00.1234567Z", "2026-11-01T12:00:00.0000000000Z",
      "2026-11-01T12:00:00+", "2026-11-01T12:00:00+2", "2026-11-01T12:00:00+02:", "2026-11-01T12:00:00+02:60",
      "2026-11-01T12:00:00+24:00", "2026-11-01T12:00:00ZZ", "2026-11-01T12:00:00 Z", "2026/11/01", "2026-11-01Z",
      "2026-11-01X12:00:00", "+026-11-01", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "２026-11-01",
      "2026-11-01T12:00:0", "2026-11-01T1:00:00", "2026-11-01T12:0",
    ]
    for text in wrong { #expect(Timestamp(text) == nil, "\(text)") }
    #expect(Timestamp.parse(Array("2026-11-01T00:00:00.0000001Z".utf8)) == .failure(.tooManyDigits))
    #expect(Timestamp.parse(Array("0001-01-01T00:00:00+01:00".utf8)) == .failure(.outOfRange))
  }

  @Test func daysAreNumbersAndDates() {
    var year = 1
    var month = 1
    var day = 1
    // Every day of the calendar, in order, against a plain count.
    for number in -719_162...2_932_896 {
      let civil = Timestamp.Day.civil(number)
      guard civil == (year, month, day), Timestamp.Day.number(year: year, month: month, day: day) == number else {
        Issue.record("day \(number) is \(civil)")
        return
      }
      day += 1
      if day > Timestamp.Day.count(year: year, month: month) { (day, month) = (1, month + 1) }
      if month > 12 { (month, year) = (1, year + 1) }
    }
    #expect(Timestamp.Day.text(0) == "1970-01-01")
    #expect(Timestamp.Day.number("2024-02-29") == 19_782)
    #expect(Timestamp.Day.number("2024-02-30") == nil)
  }
}

struct DecimalTextTests {
  @Test func deltasAreExact() {
    let table: [(String, Int64)] = [
      ("0", 0), ("-0", 0), ("1", 1_000_000), ("0.375", 375_000), ("-12.5", -12_500_000), ("1.50000000", 1_500_000),
      ("0.000001", 1), ("-0.000001", -1), ("1e3", 1_000_000_000), ("15e-1", 1_500_000), ("1.5E+2", 150_000_000),
      ("9223372036854.775807", .max), ("-9223372036854.775807", -.max), ("+7", 7_000_000), ("00012", 12_000_000),
      ("99999999999.999999", 99_999_999_999_999_999), ("123456789012.5", 123_456_789_012_500_000),
      ("0.1000000000000000000000000", 100_000), ("10e-7", 1),
    ]
    for (text, millionths) in table { #expect(Delta(text)?.millionths == millionths, "\(text)") }
  }

  /// Numbers as people and programs write them: what counts is the value, not how many digits it takes to spell it.
  @Test func everySpellingOfAValue() {
    let zeros = String(repeating: "0", count: 200_000)
    let table: [(String, Int64)] = [
      ("100000000000000000000000e-20", 1_000_000_000), ("1.50000000000000000000000000", 1_500_000),
      ("-1.50000000000000000000000000", -1_500_000), ("0.00000000000000000000000015e25", 1_500_000),
      ("00000000000000000000000000000001", 1_000_000), ("+9223372036854775807e-6", .max),
      ("92233720368547758070000000000e-16", .max), ("0.00000000000000000000000000", 0), ("0e999999999999999999999", 0),
      ("-0.000e-99999999999999999999999", 0), ("1" + zeros + "e-200000", 1_000_000),
      ("0." + zeros + "1e200001", 1_000_000), ("0000.5000", 500_000), ("10.0E-0000000000000000000000001", 1_000_000),
    ]
    for (text, millionths) in table {
      #expect(Delta(text)?.millionths == millionths, "\(text.prefix(40))")
    }
  }

  /// Every value in a hundred spellings, beside arithmetic on its digits.
  @Test func spellingsOfManyValues() {
    var random: UInt64 = 7
    for _ in 0..<500 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = Int64(bitPattern: random) >> Int64(random >> 58 & 31)
      if value == .min { continue }
      let sign = value < 0 ? "-" : ""
      let digits = String(value.magnitude)
      let length = digits.utf8.count
      for zeros in [0, 1, 25] {
        let trail = String(repeating: "0", count: zeros)
        var spellings = ["\(sign)\(digits)\(trail)e\(-6 - zeros)"]
        for shift in 0...20 {
          let lead = String(repeating: "0", count: shift)
          spellings.append("\(sign)0.\(lead)\(digits)\(trail)e\(shift + length - 6)")
        }
        for fraction in 1..<max(1, length) {
          spellings.append("\(sign)\(digits.dropLast(fraction)).\(digits.suffix(fraction))\(trail)e\(fraction - 6)")
        }
        for text in spellings { #expect(Delta(text)?.millionths == value, "\(text)") }
      }
    }
  }

  @Test func nothingIsRounded() {
    for text in [
      "1.0000001", "0.1234567", "1e-7", "0.3750000000000001", "0.10000000000000000000000001", "1e-9999999999999999999",
      "9223372036854.7758071", "100000000000000000000001e-20",
    ] {
      #expect(DecimalText.parse(Array(text.utf8)) == .failure(.tooManyDigits), "\(text)")
    }
    for text in [
      "9223372036854.775808", "-9223372036854.775808", "1e300", "99999999999999999999",
      "10000000000000", "1e99999999999999999999", "1234567890123456789012345678901234567890",
      "123456789012345678901234.0000001",
    ] {
      #expect(DecimalText.parse(Array(text.utf8)) == .failure(.outOfRange), "\(text)")
    }
    for text in ["", "-", ".", "1.", ".5", "1e", "1e+", "NaN", "Infinity", "0x1", "1,5", " 1", "1 ", "--1", "1.2.3"] {
      #expect(DecimalText.parse(Array(text.utf8)) == .failure(.malformed), "\(text)")
    }
  }

  @Test func textAndValueGoBothWays() {
    var value: Int64 = 1
    while value < .max / 7 {
      for signed in [value, -value] {
        #expect(Delta(Delta(millionths: signed).description) == Delta(millionths: signed))
      }
      value = value * 7 + 3
    }
  }
}

struct UUIDTextTests {
  @Test func spellingsComeBack() {
    var state: UInt64 = 42
    for _ in 0..<2000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let high = state
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      for uppercase in [false, true] {
        let text = UUIDText.format(high: high, low: state, uppercase: uppercase)
        let parsed = UUIDText.parse(Array(text.utf8))
        #expect(parsed?.high == high && parsed?.low == state)
        #expect(Identifier.decode(Identifier.encode(text)) == text)
        #expect(Identifier.encode(text).count == 17)
      }
    }
    let mixed = "018CC251-f400-7000-8000-000000000abc"
    #expect(Identifier.decode(Identifier.encode(mixed)) == mixed)
    #expect(Identifier.encode(mixed).count == 37)
  }

  @Test func everyWrongByteIsSeen() {
    let right = Array("018cc251-f400-7000-8AbC-0123456789ab".utf8)
    #expect(UUIDText.parse(right) != nil)
    for place in right.indices {
      for byte in UInt8.min...UInt8.max {
        var text = right
        text[place] = byte
        let isHyphen = right[place] == UInt8(ascii: "-")
        let isHex = Unicode.Scalar(byte).properties.isASCIIHexDigit
        #expect((UUIDText.parse(text) != nil) == (isHyphen ? byte == UInt8(ascii: "-") : isHex))
      }
    }
    #expect(UUIDText.parse(Array(right.dropLast())) == nil)
  }
}
