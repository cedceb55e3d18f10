import Columnar

extension EventBatch {
  /// The hashes of the identities of all rows, which filters of keys are made of. `hashSeed` is the store's.
  func keyHashes(hashSeed: UInt64) -> [UInt64] {
    let users = self.users
    let userHashes = (0..<UInt32(users.count)).map { code in
      XXH3.hash(users.arena, users.start(code), users.length(code), seed: hashSeed)
    }
    let (codes, high, low) = (user, eventIDHigh, eventIDLow)
    return codes.indices.map { row in
      keyHash(userHash: userHashes[Int(codes[row])], high: high[row], low: low[row])
    }
  }
}
