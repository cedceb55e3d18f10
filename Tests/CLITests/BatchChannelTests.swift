import Dispatch
import Testing

@testable import GrowthRingCLI

struct BatchChannelTests {
  @Test func handsOverInOrder() async {
    let channel = BatchChannel<Int>(capacity: 2)
    DispatchQueue.global().async {
      for number in 0..<1000 { _ = channel.send(number) }
      channel.finish()
    }
    var received: [Int] = []
    while let number = await channel.next() { received.append(number) }
    #expect(received == Array(0..<1000))
    #expect(await channel.next() == nil)
  }

  /// The producer is told, and what nobody has taken is dropped.
  @Test func cancels() async {
    let channel = BatchChannel<Int>(capacity: 2)
    let ended = BatchChannel<Int>(capacity: 1)
    DispatchQueue.global().async {
      var sent = 0
      while channel.send(sent) { sent += 1 }
      _ = ended.send(sent)
    }
    #expect(await channel.next() == 0)
    channel.cancel()
    let sent = await ended.next()
    #expect((1...4).contains(sent ?? 0))
  }
}
