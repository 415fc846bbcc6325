/// Fields of an object that are left out when they have no value.
extension JSONWriter {
    /// Writes a text field.
    public mutating func field(_ name: StaticString, _ value: Text?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    /// Writes a text field.
    public mutating func field(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    /// Writes a number field.
    public mutating func field(_ name: StaticString, _ value: (some FixedWidthInteger)?) {
        guard let value else { return }
        key(name)
        number(value)
    }

    /// Writes a field of 64 hex digits.
    public mutating func field(_ name: StaticString, _ value: Bytes32?) {
        guard let value else { return }
        key(name)
        hex(value)
    }

    /// Writes a flag.
    public mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }
}
