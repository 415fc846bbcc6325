/// How many attempts there were when: a bar for each sixtieth of the range, counted over all of them.
struct Overview {
    private static let height = 56.0

    let report: Report

    var markup: Markup {
        let most = Double(max(1, report.overview.map(\.all).max() ?? 1))
        let width = 100 / Double(Report.buckets)
        let bars = report.overview.enumerated().map { index, count -> Markup in
            let granted = Overview.height * Double(count.granted) / most
            let refused = Overview.height * Double(count.refused) / most
            guard count.all > 0 else { return "" }
            return """
                <g><rect class="granted" x="\(Double(index) * width)%" y="\(Overview.height - granted)" \
                width="\(width * 0.8)%" height="\(granted)"/><rect class="refused" x="\(Double(index) * width)%" \
                y="\(Overview.height - granted - refused)" width="\(width * 0.8)%" height="\(refused)"/>\
                <title>\(count.granted) connected, \(count.refused) refused</title></g>
                """
        }
        return """
            <svg class="overview" width="100%" height="\(Overview.height)" role="img" \
            aria-label="Attempts over time">\(bars)</svg>
            """
    }
}
