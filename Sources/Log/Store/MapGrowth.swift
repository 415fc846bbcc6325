import Glibc

/// When the map grows and by how much. The address space costs nothing until it is used.
enum MapGrowth {
    /// The share of the map that may be used before it is made larger ahead of time.
    static let fullnessBefore = 0.75
    /// How much larger the map becomes.
    static let factor = 2
}

extension EventLog {
    /// Makes the map larger. No batch may be open.
    func growMap() throws(LogError) {
        let hasGrown = try LogError.wrapping { () throws(LMDBError) in
            try environment.grow(to: environment.size().map * MapGrowth.factor)
        }
        guard hasGrown else { throw .misuse("the map cannot grow while the thread that writes is reading") }
    }

    /// Makes the map larger if it is nearly full, so that few batches have to be done twice.
    func growMapAhead() throws(LogError) {
        let size = try LogError.wrapping { () throws(LMDBError) in try environment.size() }
        guard Double(size.used) > Double(size.map) * MapGrowth.fullnessBefore else { return }
        do throws(LogError) {
            try growMap()
        } catch .storage(_, ENOMEM, _) {
            // Under a limit of address space; what still fits is still taken.
        }
    }
}
