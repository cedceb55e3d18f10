/// One version of a memory unit: what somebody wrote or kept, from which growth comes.
///
/// A version's identity is its user, its `muid` and `updatedAt`. The version with the newest `updatedAt` is the unit; older ones
/// are its history, also when they arrive late. A deleted unit is a version too, without title and content.
public struct MemoryUnit: Hashable, Sendable {
  /// The unit's id, unique to its user: 1 to 255 bytes of UTF-8.
  public var muid: String
  /// 1 to 255 bytes of UTF-8.
  public var user: String
  /// Where it comes from, such as `note` or `stackexchange`: at most 255 bytes of UTF-8.
  public var sourceType: String
  /// At most 65,535 bytes of UTF-8; may be empty.
  public var title: String
  /// At most 16 MiB of UTF-8, kept byte for byte; may be empty. Empty too where a read did not ask for it.
  public var content: String
  /// What the content is: 1 to 255 bytes of UTF-8.
  public var contentType: String
  public var createdAt: Timestamp
  /// When this version came to be.
  public var updatedAt: Timestamp
  /// A decimal of six fractional digits; nil where nobody said.
  public var importanceScore: Delta?
  /// 1 to 255 bytes of UTF-8.
  public var status: String
  /// A JSON object as text, at most 1 MiB; empty where there is none. It is stored in canonical form, keys sorted.
  public var metadata: String
  /// Whether this version says that the unit was deleted. Then title, content and metadata are empty.
  public var isDeleted: Bool

  /// Without `updatedAt` a unit is as old as it says it was created.
  public init(
    muid: String, user: String, sourceType: String, title: String = "", content: String = "",
    contentType: String = "text", createdAt: Timestamp, updatedAt: Timestamp? = nil, importanceScore: Delta? = nil,
    status: String = "active", metadata: String = "", isDeleted: Bool = false
  ) {
    self.muid = muid
    self.user = user
    self.sourceType = sourceType
    self.title = title
    self.content = content
    self.contentType = contentType
    self.createdAt = createdAt
    self.updatedAt = updatedAt ?? createdAt
    self.importanceScore = importanceScore
    self.status = status
    self.metadata = metadata
    self.isDeleted = isDeleted
  }
}
