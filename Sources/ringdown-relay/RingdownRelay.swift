import Relay

/// The executable: everything it does is in the `Relay` module.
@main
struct RingdownRelay {
    static func main() async {
        FatalSignals.settle()
        await RelayCommand.main()
    }
}
