import Columnar

extension Segment {
  /// Reads every page of the file and checks it against its checksum, its codec and the limits of its references.
  package func verifyChecksums() throws(StoreError) {
    if let rowsElsewhere {
      try rowsElsewhere.verifyChecksums()
    } else {
      for index in 0..<rowGroupCount { try verifyChecksums(ofRowGroup: index) }
    }
    let kind = footer.filterKind
    _ = try read(footer.filter, "filter") { (reader) throws(FormatError) in
      try KeyFilter(try reader.readBytes(reader.remaining, "filter"), kind)
    }
    for index in 0..<rowGroupCount {
      _ = try metadataFilter(index)
      _ = try metadataStatistics(index)
    }
  }

  private func verifyChecksums(ofRowGroup index: Int) throws(StoreError) {
    for (_, page) in try header(index).pages {
      do {
        _ = try page.load(from: bytes, fileID: fileID)
      } catch {
        throw StoreError(error, file: path)
      }
    }
  }

  /// Decodes every row and checks what no checksum tells: the order of the rows, the bounds in the footer and in the
  /// zone maps, the days, that codes are numbered as they first appear, and that the filters know every key and all
  /// metadata. `hashSeed` is the store's.
  package func verify(hashSeed: UInt64) throws(StoreError) {
    try verifyChecksums()
    var last: RowGroupVerifier.LastRow?
    for index in 0..<rowGroupCount {
      var verifier = RowGroupVerifier(
        try rowGroup(index), footer.rowGroups[index], filter: try filter(), hashSeed: hashSeed, after: last)
      last = try verifier.run()
    }
  }
}
