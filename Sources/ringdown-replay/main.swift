import Replay

ReplayCommand.main()
