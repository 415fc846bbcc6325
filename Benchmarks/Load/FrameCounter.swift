/// Counts the text messages in a stream of WebSocket frames without looking into them.
struct FrameCounter {
    /// Bytes of the frame's head that have come; a server's heads have 2, 4 or 10.
    private var head: (bytes: UInt64, count: Int) = (0, 0)
    private var headLength = 2
    private var length = 0
    /// Bytes of the payload that have not come yet.
    private var missing = 0
    private var isInPayload = false

    /// Takes what was read, and tells how many messages it completed.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        var messages = 0
        var position = 0
        while position < bytes.count {
            if isInPayload {
                let step = min(missing, bytes.count &- position)
                missing &-= step
                position &+= step
            } else {
                takeHead(bytes[position])
                position &+= 1
            }
            if isInPayload, missing == 0 {
                isInPayload = false
                messages &+= 1
            }
        }
        return messages
    }

    private mutating func takeHead(_ byte: UInt8) {
        head.count &+= 1
        if head.count == 2 {
            switch byte & 0x7f {
            case 126: headLength = 4
            case 127: headLength = 10
            default: length = Int(byte & 0x7f)
            }
        } else if head.count > 2 {
            length = length << 8 | Int(byte)
        }
        guard head.count == headLength else { return }
        (missing, isInPayload) = (length, true)
        (head, headLength, length) = ((0, 0), 2, 0)
    }
}
