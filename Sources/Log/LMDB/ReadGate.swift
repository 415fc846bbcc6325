import Glibc

/// Keeps the environment's map in its place while this process reads: readers pass together, and a change of the map
/// waits for all of them and holds up new ones meanwhile.
///
/// A plain read-write lock will not do: one that prefers readers never lets a change through on a busy relay, and one
/// that prefers writers hangs when a thread reads inside of a read. Here a thread that is inside already always passes.
///
/// All state is touched under `mutex` only, apart from the depth, which belongs to its thread: hence `@unchecked
/// Sendable`.
final class ReadGate: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var depthKey = pthread_key_t()
    private var readers = 0
    private var isChanging = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        precondition(pthread_key_create(&depthKey, nil) == 0, "no thread-specific keys left")
    }

    deinit {
        pthread_key_delete(depthKey)
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// How many reads this thread is inside of.
    private(set) var depth: Int {
        get { Int(bitPattern: pthread_getspecific(depthKey)) }
        set { pthread_setspecific(depthKey, UnsafeRawPointer(bitPattern: newValue)) }
    }

    /// Begins a read.
    func enter() {
        pthread_mutex_lock(mutex)
        while isChanging && depth == 0 { pthread_cond_wait(condition, mutex) }
        readers += 1
        pthread_mutex_unlock(mutex)
        depth += 1
    }

    /// Ends a read.
    func leave() {
        depth -= 1
        pthread_mutex_lock(mutex)
        readers -= 1
        if readers == 0 && isChanging { pthread_cond_broadcast(condition) }
        pthread_mutex_unlock(mutex)
    }

    /// Runs `body` while nobody reads. `false`, without running it, when this thread itself reads: it would wait for
    /// itself.
    func change<E: Error>(_ body: () throws(E) -> Void) throws(E) -> Bool {
        guard depth == 0 else { return false }
        pthread_mutex_lock(mutex)
        while isChanging { pthread_cond_wait(condition, mutex) }
        isChanging = true
        while readers > 0 { pthread_cond_wait(condition, mutex) }
        defer {
            isChanging = false
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        try body()
        return true
    }
}
