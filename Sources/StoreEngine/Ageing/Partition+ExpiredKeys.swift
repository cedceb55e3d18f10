import StorageIO

extension Partition {
  /// Writes the keys of what expires, which are sorted, with those of files that are not much larger: `known` are the files that
  /// the manifest names in `entries`. Durable, not committed; the new file takes the place of `merged`.
  func writeExpiredKeys(
    _ keys: [ExpiredKey], _ days: EventDays, amongst entries: [Manifest.KeyFileEntry], _ known: [ExpiredKeyFile],
    _ begun: inout [UInt64]
  ) throws(StoreError) -> (Manifest.KeyFileEntry, merged: [Manifest.KeyFileEntry]) {
    let merged = MergePick.smallest(entries, with: keys.count) { ($0.keys, $0.fileID) }
    let fileID = environment.entropy.next()
    begun.append(fileID)
    let output = try create(StoreLayout.keysName(fileID))
    let summary = try ExpiredKeyMerge.write(
      known.filter { file in merged.contains { $0.fileID == file.fileID } }, sorted: keys, days: days, fileID: fileID,
      output: output)
    try output.publish(disk: environment.disk)
    return (Manifest.KeyFileEntry(fileID: fileID, length: summary.length, keys: summary.keys), merged)
  }
}
