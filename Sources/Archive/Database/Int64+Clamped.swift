/// Arithmetic on stored numbers, which damage may have changed to any value.
extension Int64 {
    /// The sum, or the nearest limit of `Int64`.
    func addingClamped(_ other: Int64) -> Int64 { Int64(clamping: Int128(self) + Int128(other)) }

    /// The difference, or the nearest limit of `Int64`.
    func subtractingClamped(_ other: Int64) -> Int64 { Int64(clamping: Int128(self) - Int128(other)) }
}
