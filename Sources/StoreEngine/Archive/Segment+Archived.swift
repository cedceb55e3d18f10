extension Segment {
  /// Bytes of the archived file that it stands for; 0 where it is none.
  package var archivedLength: Int { (rowsElsewhere as? ArchivedRows)?.index.file.length ?? 0 }
}
