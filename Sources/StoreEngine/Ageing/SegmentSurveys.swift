/// Surveys of the segments of a partition. What was found about those that stay is not looked for again.
struct SegmentSurveys {
  private let moment: AgeingMoment
  private var known: [UInt64: SegmentSurvey] = [:]

  init(_ moment: AgeingMoment) { self.moment = moment }

  mutating func of(_ segment: Segment) throws(StoreError) -> SegmentSurvey {
    if let survey = known[segment.fileID] { return survey }
    let survey = try SegmentSurvey(segment, moment)
    known[segment.fileID] = survey
    return survey
  }
}
