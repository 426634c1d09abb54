import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A name for which `getaddrinfo` finds no address.
struct UnknownHost: Error {
    /// The system's error text.
    let text: String
}

/// Looks up a name with the system's `getaddrinfo`, for one attempt to connect.
///
/// Literal addresses need no look-up. The blocking call runs on separate threads. NIO's own resolver has one queue per
/// event loop, so one name whose server does not answer would delay all later attempts, even those to literal
/// addresses.
final class HostResolver: Resolver, Sendable {
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 4)
        pool.start()
        return pool
    }()

    private let addresses4: EventLoopPromise<[SocketAddress]>
    private let addresses6: EventLoopPromise<[SocketAddress]>
    private let isCancelled = Atomic(false)

    init(loop: any EventLoop) {
        addresses4 = loop.makePromise()
        addresses6 = loop.makePromise()
    }

    /// NIO asks for IPv6 first; that call finds both families.
    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        if let address = try? SocketAddress(ipAddress: host, port: port) {
            succeed([address])
        } else {
            Self.threads.submit { state in
                guard case .active = state, !self.isCancelled.load(ordering: .relaxed) else {
                    return self.fail(CancellationError())
                }
                do {
                    self.succeed(try Self.addresses(of: host, port: port))
                } catch {
                    self.fail(error)
                }
            }
        }
        return addresses6.futureResult
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { addresses4.futureResult }

    /// Skips a queued call; a running one cannot be stopped, but its result is not awaited.
    func cancelQueries() { isCancelled.store(true, ordering: .relaxed) }

    private func succeed(_ addresses: [SocketAddress]) {
        // Both in one turn, so that NIO sees all addresses, IPv6 first, before it tries one.
        addresses6.futureResult.eventLoop.execute { [self] in
            addresses6.succeed(addresses.filter { $0.protocol == .inet6 })
            addresses4.succeed(addresses.filter { $0.protocol == .inet })
        }
    }

    private func fail(_ error: any Error) {
        addresses6.futureResult.eventLoop.execute { [self] in
            addresses6.fail(error)
            addresses4.fail(error)
        }
    }

    /// The addresses in the system's order of preference (RFC 6724).
    private static func addresses(of host: String, port: Int) throws -> [SocketAddress] {
        var hints = addrinfo()
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_protocol = Int32(IPPROTO_TCP)
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, String(port), &hints, &list)
        guard result == 0 else {
            throw UnknownHost(text: gai_strerror(result).map { String(cString: $0) } ?? "error \(result)")
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = list
        while let current = entry {
            if let address = UnsafeRawPointer(current.pointee.ai_addr) {
                switch current.pointee.ai_family {
                case AF_INET: addresses.append(SocketAddress(address.load(as: sockaddr_in.self), host: host))
                case AF_INET6: addresses.append(SocketAddress(address.load(as: sockaddr_in6.self), host: host))
                default: break
                }
            }
            entry = current.pointee.ai_next
        }
        return addresses
    }
}
