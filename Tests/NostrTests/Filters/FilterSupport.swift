@testable import Nostr

func parseFilter(_ text: String) throws(FilterError) -> Filter {
    let bytes = Array(text.utf8)
    let result = withExactCopy(bytes) { buffer -> Result<Filter, FilterError> in
        var reader = JSONReader(buffer)
        do throws(FilterError) { return .success(try Filter.parse(from: &reader)) } catch { return .failure(error) }
    }
    return try result.get()
}

/// The message of the error that a filter is refused with, or `nil`.
func filterRefusal(_ text: String) -> String? {
    do throws(FilterError) {
        _ = try parseFilter(text)
        return nil
    } catch {
        return error.message
    }
}
