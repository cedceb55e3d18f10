import Columnar
import StorageIO

/// What a scrub of a partition has found.
package struct ScrubReport: Sendable {
  package var files = 0
  package var bytes = 0
  package var damage: [StoreError] = []
}

extension Partition {
  /// Reads every page and block of the files that the newest manifest names, as the disk has them now, and checks them
  /// against their checksums. Damage is gathered, errors of the disk are thrown.
  ///
  /// - Parameter proceed: called after each file with its bytes; it may wait, and false ends the scrub early.
  package func scrub(proceed: Pace = { _ in true }) throws(StoreError) -> ScrubReport {
    var report = ScrubReport()
    let files: PartitionFiles
    do throws(StoreError) {
      files = try PartitionFiles.openNewest(manifests, disk: environment.disk, archive: archive, previous: nil)
    } catch  where error.kind == .corruption || error.kind == .unsupportedVersion {
      report.damage.append(error)
      return report
    }
    let checks =
      zip(files.manifest.segments, files.segments).map { entry, segment in
        (entry.length, { () throws(StoreError) in try segment.verifyChecksums() })
      }
      + zip(files.manifest.runs, files.runs).map { entry, run in
        (entry.length, { () throws(StoreError) in try run.check() })
      }
      + zip(files.manifest.sealedRuns, files.sealedRuns).map { entry, run in
        (entry.length, { () throws(StoreError) in try run.check() })
      }
      + zip(files.manifest.expiredKeys, files.expiredKeys).map { entry, keys in
        (entry.length, { () throws(StoreError) in try keys.check() })
      }
      + zip(files.manifest.unitSegments, files.unitSegments).map { entry, units in
        (entry.length, { () throws(StoreError) in try units.verifyChecksums() })
      }
      + zip(files.manifest.expiredUnitKeys, files.expiredUnitKeys).map { entry, keys in
        (entry.length, { () throws(StoreError) in try keys.check() })
      }
    for (length, check) in checks {
      do throws(StoreError) {
        try check()
      } catch  where error.kind == .corruption || error.kind == .unsupportedVersion {
        report.damage.append(error)
      }
      report.files += 1
      report.bytes += length
      guard try proceed(length) else { break }
    }
    return report
  }
}
