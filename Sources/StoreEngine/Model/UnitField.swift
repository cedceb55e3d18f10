/// The fields of a memory unit, by the names that they bear in files.
public enum UnitField: String, CaseIterable, Sendable {
  case muid = "muid"
  case user = "user_id"
  case sourceType = "source_type"
  case title = "title"
  case content = "content"
  case contentType = "content_type"
  case createdAt = "created_at"
  case updatedAt = "updated_at"
  case importanceScore = "importance_score"
  case status = "status"
  case metadata = "metadata"
  case isDeleted = "is_deleted"

  /// The name in NDJSON and CSV.
  public var name: String { rawValue }
}
