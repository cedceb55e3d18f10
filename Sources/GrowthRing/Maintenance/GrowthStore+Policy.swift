public import StoreEngine

extension GrowthStore {
  /// The ageing policy in force, as the store's folder has it now: it may be changed beside whoever has the store open.
  public func policy() throws(StoreError) -> AgeingPolicy {
    try checkOpen()
    return try file.readPolicy()
  }

  /// Puts another ageing policy in force, from the next maintenance on. Needs no right to append.
  public func apply(policy: AgeingPolicy) async throws(StoreError) {
    try checkOpen()
    try await maintenance.after { () throws(StoreError) in
      try self.file.write(policy)
      self.engine.setAgeing(policy.engineRules)
    }
  }
}
