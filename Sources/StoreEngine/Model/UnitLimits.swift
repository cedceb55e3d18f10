/// How long the parts of a memory unit may be. Part of the data model: raising one is a change of format.
public enum UnitLimits {
  /// Longest id of a user or a unit, in bytes of UTF-8; the shortest is 1.
  public static let idLength = 255
  /// Longest source type, content type and status; only a source type may be empty.
  public static let nameLength = 255
  public static let titleLength = 65_535
  public static let contentLength = 16 << 20
  /// Longest metadata in canonical form, in bytes.
  public static let metadataLength = 1 << 20
}
