/// Where the rows of every (user, entity) of a row group begin, for many look-ups: eight bytes a pair.
struct RowGroupPairs {
  /// Making it reads all user and entity codes, about as much work as so many look-ups without it.
  static let readsBefore = 8

  /// The code of every pair's entity; of a user in the order of the texts.
  private(set) var entities: [UInt32] = []
  /// The first row of every pair, and at last the number of rows.
  private var firsts: [Int32] = []
  /// The first pair of every user, and at last the number of pairs.
  private var users: [Int32]

  init(_ group: RowGroup) throws(StoreError) {
    users = [Int32](repeating: -1, count: group.dictionarySize(.user) + 1)
    var lastUser = UInt32.max
    var lastEntity = UInt32.max
    for page in 0..<group.pageCount {
      let userCodes = try group.codes(.user, page: page)
      let entityCodes = try group.codes(.entity, page: page)
      let start = group.rows(ofPage: page).lowerBound
      for index in userCodes.indices where userCodes[index] != lastUser || entityCodes[index] != lastEntity {
        if userCodes[index] != lastUser, users[Int(userCodes[index])] < 0 {
          users[Int(userCodes[index])] = Int32(entities.count)
        }
        (lastUser, lastEntity) = (userCodes[index], entityCodes[index])
        entities.append(lastEntity)
        firsts.append(Int32(start + index))
      }
    }
    users[users.count - 1] = Int32(entities.count)
    firsts.append(Int32(group.rows))
    group.forgetCodes(.user)
    group.forgetCodes(.entity)
  }

  var memory: Int { (entities.count + firsts.count + users.count) * 4 }

  func range(ofUser user: UInt32) -> Range<Int> {
    let first = users[Int(user)]
    let end = users[Int(user) + 1]
    // Users are numbered in the order of the rows; a damaged file may say otherwise, and then has no rows here.
    return first >= 0 && end >= first ? Int(first)..<Int(end) : 0..<0
  }

  func rows(_ pair: Int) -> Range<Int> { Int(firsts[pair])..<Int(firsts[pair + 1]) }
}
