import Columnar

extension LogFile {
  /// An annotated dump of the file: every frame, its sections, and what is torn behind them.
  package func describe() -> [DumpLine] {
    var lines: [DumpLine] = []
    if validLength > 0 {
      lines.append(DumpLine(0, FileHeader.length, "file header", "GRLOG001, file id \(fileID)"))
    }
    for frame in frames {
      let committed = Timestamp(microseconds: frame.committedAt)
      lines.append(
        DumpLine(
          frame.offset, frame.length, "frame \(frame.sequence)",
          "committed \(committed), durable up to \(frame.durableSequence), \(frame.sections.count) sections"))
      for section in frame.sections {
        lines.append(
          DumpLine(
            section.offset, section.storedLength,
            section.kind == .onePartition ? "  partition \(section.partition)" : "  all partitions",
            "\(section.events) \(section.kind == .units ? "memory units" : "events"), \(section.codec), raw \(section.rawLength)"
          ))
      }
    }
    if validLength < bytes.count {
      let isZero = (validLength..<bytes.count).allSatisfy { bytes[$0] == 0 }
      lines.append(
        DumpLine(
          validLength, bytes.count - validLength, isZero ? "zeros" : "torn tail",
          isZero ? "laid ahead; frames will replace them" : "no frame; ignored by recovery"))
    }
    return lines
  }
}
