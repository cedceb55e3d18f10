/// One source of a merge: where it stands in its chunk, and with which key. Places are those of `MergeRows`.
///
/// A *series* is a stretch of rows of one key (user, entity, entity type, dimension). Heads are compared once per series,
/// not once per row; `equalsNext` remembers that the next head in order stands at the same series.
struct MergeHead {
  var position = 0
  /// The end of the current series within the chunk.
  var seriesEnd = 0
  var chunkEnd = 0
  /// The next series among those of `MergeRows`.
  var nextSeries = 0
  var user = KeyText()
  var entity = KeyText()
  var entityType = KeyText()
  var dimension = KeyText()
  var equalsNext = false

  var isChunkDone: Bool { position == chunkEnd }
  var isSeriesDone: Bool { position == seriesEnd }
}
