import Columnar

/// Something made of the value that the metadata of a row group have at a path, once for each distinct value.
///
/// A value that stands in a column of a page of templates is taken from there, so that of most metadata no text is put together
/// or looked through.
struct MetadataValues<Made> {
  private struct Page {
    private var finder: TemplateStrings.ValueFinder
    /// By value, and whether it is a string.
    private var ofValues: [Made?]
    /// By the string that stands for its template.
    private var ofTemplates: [Int: Made] = [:]

    init(_ strings: TemplateStrings, _ pointer: [UInt8]) {
      finder = strings.finder(pointer)
      ofValues = [Made?](repeating: nil, count: 2 * finder.count)
    }

    mutating func made(
      _ index: Int, of strings: TemplateStrings, _ make: (MetadataValue) throws(StoreError) -> Made
    ) throws(StoreError) -> Made {
      switch strings.find(index, &finder) {
      case .value(let number, let isString):
        let place = 2 * number + (isString ? 1 : 0)
        if let known = ofValues[place] { return known }
        let made = try make(.scalar(strings.value(number, finder), isString: isString))
        ofValues[place] = made
        return made
      case .sameAs(let other):
        if let known = ofTemplates[other] { return known }
        let made = try make(.within(Self.text(other, of: strings)))
        ofTemplates[other] = made
        return made
      case .unknown: return try make(.within(Self.text(index, of: strings)))
      }
    }

    private static func text(_ index: Int, of strings: TemplateStrings) -> Bytes {
      var text: [UInt8] = []
      strings.append(index, to: &text)
      return Bytes(text)
    }
  }

  /// Nil where there is no path, or it leads through arrays, whose elements columns do not tell apart.
  private let pointer: [UInt8]?
  /// By page of the dictionary.
  private var pages: [Page?] = []

  init(_ path: MetadataPath?) { pointer = path.flatMap { $0.hasOnlyKeys ? $0.pointer : nil } }

  /// Begins a row group.
  mutating func begin() { pages.removeAll(keepingCapacity: true) }

  /// What `make` makes of the value in the metadata with a code.
  mutating func made(
    _ code: UInt32, of group: RowGroup, _ make: (MetadataValue) throws(StoreError) -> Made
  ) throws(StoreError) -> Made {
    if let pointer, let (page, index, strings) = try group.templates(ofMetadata: code) {
      while pages.count <= page { pages.append(nil) }
      if pages[page] == nil { pages[page] = Page(strings, pointer) }
      if let made = try pages[page]?.made(index, of: strings, make) { return made }
    }
    return try make(.within(group.string(.metadata, code)))
  }
}
