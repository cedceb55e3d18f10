import Columnar
public import StoreEngine

/// Checks batches against a growth model at the door of a store.
///
/// Every distinct dimension, entity type and metadata text of a batch is judged once, and one pass over the rows looks
/// the judgements up, so that the cost per event is a few comparisons.
public struct EventChecker: Sendable {
  private let model: GrowthModel
  /// The dimensions of the model, and what each takes, so that a batch makes no strings.
  private let known: ByteStringDictionary
  private let verdicts: [DimensionVerdict]
  /// As bytes, since strings are equal by meaning.
  private let entityTypes: Set<[UInt8]>?

  public init(_ model: GrowthModel) {
    self.model = model
    var known = ByteStringDictionary()
    var verdicts: [DimensionVerdict] = []
    for dimension in model.dimensions where Int(known.intern(dimension.key)) == verdicts.count {
      verdicts.append(
        DimensionVerdict(
          lowest: dimension.minDelta.millionths, highest: dimension.maxDelta.millionths, reason: nil,
          key: dimension.key))
    }
    self.known = known
    self.verdicts = verdicts
    entityTypes = model.entityTypes.map { Set($0.map { Array($0.utf8) }) }
  }

  /// All events that the model does not allow, by row; an event that breaks several rules is there several times.
  public func check(_ batch: EventBatch) -> [ModelViolation] {
    if allowsAllOfFew(batch) { return [] }
    let dimensions = (0..<UInt32(batch.dimensions.count)).map { code in
      known.find(code, of: batch.dimensions).map { verdicts[Int($0)] }
        ?? judge(unknown: batch.dimensions.text(code))
    }
    let types = entityTypes.map { allowed in batch.entityTypes.allCodes { judge(entityType: $0, allowed) } }
    let (rules, fields) = (model.metadataRules, model.metadataFields)
    let isFree = rules.isEmpty && fields.isEmpty
    let metadata = isFree ? nil : batch.metadatas.allBytes { fields.violation(by: $0, beside: rules) }
    let lowest = dimensions.map(\.lowest)
    let highest = dimensions.map(\.highest)
    var violations: [ModelViolation] = []
    for row in 0..<batch.count {
      let code = Int(batch.dimension[row])
      let delta = batch.delta[row]
      if delta < lowest[code] || delta > highest[code] {
        violations.append(violation(row, delta: delta, dimensions[code]))
      }
      if let types, let reason = types[Int(batch.entityType[row])] {
        violations.append(ModelViolation(row: row, kind: .unknownEntityType, text: reason))
      }
      if let metadata, let reason = metadata[Int(batch.metadata[row])] {
        violations.append(ModelViolation(row: row, kind: .metadataRule, text: reason))
      }
    }
    return violations
  }

  /// Asked first: for a few events the tables of `check` cost more than the answer. False where it takes more to know.
  private func allowsAllOfFew(_ batch: EventBatch) -> Bool {
    guard batch.count <= Self.few, entityTypes == nil, model.metadataRules.isEmpty, model.metadataFields.isEmpty else {
      return false
    }
    for row in 0..<batch.count {
      guard let code = known.find(batch.dimension[row], of: batch.dimensions) else { return false }
      let delta = batch.delta[row]
      if delta < verdicts[Int(code)].lowest || delta > verdicts[Int(code)].highest { return false }
    }
    return true
  }

  private static let few = 8

  // MARK: Dimensions

  /// The deltas that a dimension takes, in millionths. One that the model does not know takes none, so that a single
  /// comparison of ranges finds both faults.
  private struct DimensionVerdict: Sendable {
    var lowest: Int64
    var highest: Int64
    /// Where the dimension is unknown.
    var reason: String?
    var key: String
  }

  private func judge(unknown key: String) -> DimensionVerdict {
    if model.isOpen { return DimensionVerdict(lowest: -Int64.max, highest: Int64.max, reason: nil, key: key) }
    let hint = NearestName.suggestion(for: key, among: model.dimensions.map(\.key))
    let reason = "the growth model \"\(model.name)\" has no dimension \"\(key)\"\(hint)"
    return DimensionVerdict(lowest: Int64.max, highest: Int64.min, reason: reason, key: key)
  }

  private func violation(_ row: Int, delta: Int64, _ verdict: DimensionVerdict) -> ModelViolation {
    if let reason = verdict.reason { return ModelViolation(row: row, kind: .unknownDimension, text: reason) }
    let lowest = Delta(millionths: verdict.lowest)
    let highest = Delta(millionths: verdict.highest)
    let text = "delta \(Delta(millionths: delta)) of \(verdict.key) is outside of \(lowest) to \(highest)"
    return ModelViolation(row: row, kind: .deltaOutOfRange, text: text)
  }

  // MARK: Entity types

  private func judge(entityType: String, _ allowed: Set<[UInt8]>) -> String? {
    if allowed.contains(Array(entityType.utf8)) { return nil }
    let hint = NearestName.suggestion(for: entityType, among: model.entityTypes ?? [])
    return "the growth model \"\(model.name)\" has no entity type \"\(entityType)\"\(hint)"
  }
}

extension GrowthModel {
  /// All events of a batch that the model does not allow, by row, and why.
  ///
  /// Who checks many batches keeps an `EventChecker` instead.
  public func check(batch: EventBatch) -> [ModelViolation] { EventChecker(self).check(batch) }
}

extension ByteStringDictionary {
  fileprivate func allCodes<T>(_ body: (String) -> T) -> [T] { (0..<count).map { body(text(UInt32($0))) } }

  fileprivate func allBytes<T>(_ body: ([UInt8]) -> T) -> [T] { (0..<count).map { body(bytes(UInt32($0))) } }
}
