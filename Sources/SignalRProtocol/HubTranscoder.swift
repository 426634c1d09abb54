/// Turns hub messages of the MessagePack protocol into records of the JSON protocol, and back.
///
/// Everything behind it then knows JSON only. What one notation cannot say is said in the nearest words of the other, as
/// ASP.NET does in its JSON: binary as base64, timestamps as ISO 8601 text, a number that is none as its name. A member
/// that is absent in one is left out in the other, and back; integers keep their value, other numbers their nearest
/// `Double`: the zeros at the end of `1.10` are lost on the way to MessagePack.
///
/// MessagePack messages are arrays, whose trailing elements old peers leave out (HubProtocol.md, "MessagePack Encoding"):
///
///     [1, headers, invocationId, target, [arguments], [streamIds]]      [4, …] alike
///     [2, headers, invocationId, item]
///     [3, headers, invocationId, kind, result or error]                 kind: 1 error, 2 void, 3 result
///     [5, headers, invocationId]     [6]     [7, error, allowReconnect]     [8, sequenceId]     [9, sequenceId]
package enum HubTranscoder {
    /// How a completion ended, the fourth element of its array.
    enum CompletionKind: UInt64 {
        case error = 1
        case void = 2
        case result = 3
    }
}
