/// Converts hub messages of the MessagePack protocol into records of the JSON protocol, and back.
///
/// All other code then only needs JSON. Values that one notation lacks get the nearest form in the other, as in
/// ASP.NET's JSON: binary data as Base64, timestamps as ISO 8601 text, NaN and infinities as their names. A missing
/// member stays missing. Integers keep their value, other numbers become the nearest `Double`: the final zero of `1.10`
/// is lost in MessagePack.
///
/// MessagePack messages are arrays; old peers leave out trailing elements (HubProtocol.md, "MessagePack Encoding"):
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
