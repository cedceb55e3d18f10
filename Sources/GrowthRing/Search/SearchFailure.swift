import StoreEngine
import TextSearch

/// Why a step of a search failed: because of the index, which can be made anew, or because of the store.
enum SearchFailure: Error {
  case index(SQLiteError)
  case store(StoreError)
}

func onIndex<R>(_ body: () throws(SQLiteError) -> R) throws(SearchFailure) -> R {
  do throws(SQLiteError) {
    return try body()
  } catch {
    throw .index(error)
  }
}

func onStore<R>(_ body: () throws(StoreError) -> R) throws(SearchFailure) -> R {
  do throws(StoreError) {
    return try body()
  } catch {
    throw .store(error)
  }
}
