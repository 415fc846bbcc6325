/// What a report looks like: by day, by night, on paper, and in a hand.
enum ReportStyle {
    static let css = """
        :root { --ground: #fbfaf7; --card: #fff; --ink: #1d2129; --soft: #626a78; --line: #dcd9d1; --good: #14794b;
          --good-ground: #e5f4ec; --bad: #b3261e; --bad-ground: #fbe9e7; --warn: #8a5a00; --warn-ground: #fdf3dc;
          --member: #4c78a8; --admin: #7a5aa8; --owner: #b07d2b; --hatch: #d6d2c8; --accent: #2456a5; }
        @media (prefers-color-scheme: dark) { :root { --ground: #15181d; --card: #1d2128; --ink: #e8e6e1;
          --soft: #9aa3b2; --line: #343a45; --good: #57c890; --good-ground: #14301f; --bad: #ff8a80;
          --bad-ground: #3a1a18; --warn: #f0c36d; --warn-ground: #35290f; --member: #6d9bd1; --admin: #a98ad6;
          --owner: #d8a552; --hatch: #3a404b; --accent: #8ab4f8; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink);
          font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
        header, main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
        header { padding-top: 2.5rem; }
        .kicker { margin: 0; color: var(--soft); font-size: .9rem; }
        h1 { margin: .1rem 0; font-size: clamp(1.4rem, 4vw, 2.2rem); line-height: 1.2; overflow-wrap: anywhere; }
        h2 { margin: 0 0 .25rem; font-size: 1.3rem; line-height: 1.3; }
        section { margin: 1.5rem 0; padding: 1.25rem; background: var(--card); border: 1px solid var(--line);
          border-radius: 12px; }
        .lead, .repeat, .none, footer, .basis { color: var(--soft); }
        .lead { margin: 0 0 1rem; max-width: 46rem; }
        .repeat { margin: .75rem 0 0; font-size: .85rem; }
        footer { padding-bottom: 3rem; font-size: .85rem; }
        code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85em; overflow-wrap: anywhere; }
        pre { white-space: pre-wrap; }
        .verdict { border-width: 2px; }
        .verdict h2 { font-size: clamp(1.25rem, 3.4vw, 1.7rem); }
        .verdict p { max-width: 52rem; }
        .verdict.right { border-color: var(--good); background: var(--good-ground); }
        .verdict.right h2::before { content: "✓ "; color: var(--good); }
        .verdict.wrong { border-color: var(--bad); background: var(--bad-ground); }
        .verdict.wrong h2::before { content: "✗ "; color: var(--bad); }
        .verdict.unknown { border-color: var(--warn); background: var(--warn-ground); }
        .verdict.unknown h2::before { content: "? "; color: var(--warn); }
        .verdict dt { color: var(--soft); font-size: .85rem; }
        .verdict dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
        .checkpoint { margin-top: 1rem; padding-top: .25rem; border-top: 1px solid var(--line); font-size: .9rem; }
        .totals { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 0;
          padding: 0; list-style: none; }
        .totals li { padding: .75rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px;
          color: var(--soft); font-size: .9rem; }
        .totals strong { display: block; color: var(--ink); font-size: 1.7rem; line-height: 1.2;
          font-variant-numeric: tabular-nums; }
        .totals .granted strong { color: var(--good); }
        .totals .refused strong { color: var(--bad); }
        .scroll { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; font-size: .9rem; }
        th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
        th { color: var(--soft); font-weight: 600; }
        .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        td time, td code { white-space: nowrap; }
        q { color: var(--soft); font-size: .85em; }
        .bar { display: block; margin-top: .2rem; }
        .bar rect { fill: var(--bad); }
        svg text { fill: var(--ink); font-size: 12px; paint-order: stroke; stroke: var(--card); stroke-width: 3px;
          stroke-linejoin: round; }
        .graph { display: block; width: 100%; max-width: 46rem; min-width: 20rem; margin: 0 auto; }
        .graph .edges > * { fill: none; stroke-linecap: round; }
        .graph .granted { stroke: var(--good); }
        .graph .refused { stroke: var(--bad); stroke-dasharray: 5 6; }
        .graph .dim { opacity: .06; }
        .graph .edges:has(.dim) > :not(.dim) { stroke-opacity: 1; }
        .node { cursor: pointer; outline: none; }
        .node circle { fill: var(--member); stroke: var(--card); stroke-width: 2; }
        .node.stranger circle { fill: var(--card); stroke: var(--bad); stroke-dasharray: 2 2; }
        .node:focus-visible circle, .node[aria-pressed="true"] circle { stroke: var(--accent); stroke-width: 4; }
        .node[aria-pressed="true"] text { font-weight: 700; }
        .timeline { display: block; touch-action: pan-y; }
        .ground { fill: var(--card); }
        .hatching { stroke: var(--hatch); stroke-width: 4; }
        .lane.away text { fill: var(--soft); }
        .lane .outside { stroke: var(--line); }
        .span.member, .legend.member { fill: var(--member); background: var(--member); }
        .span.admin, .legend.admin { fill: var(--admin); background: var(--admin); }
        .span.owner, .legend.owner { fill: var(--owner); background: var(--owner); }
        .legend { padding: .05rem .5rem; border-radius: 6px; color: #fff; font-size: .85rem; }
        .attempt { cursor: pointer; }
        .attempt line { stroke: var(--good); stroke-width: 2; }
        .attempt .reach { stroke: transparent; stroke-width: 14; }
        .attempt .end { fill: var(--good); stroke: var(--card); stroke-width: 1.5; }
        .attempt.refused line:not(.reach) { stroke: var(--bad); stroke-dasharray: 3 3; }
        .attempt.refused .end { fill: var(--bad); }
        .attempt .end.outside { fill: var(--card); stroke: var(--bad); stroke-width: 2; }
        .attempt .alarm { fill: none; stroke: var(--bad); stroke-width: 3; }
        .attempt.later { opacity: .25; }
        .dense .attempt line:not(.reach) { stroke-width: 1; stroke-opacity: .5; }
        .attempt.current line:not(.reach) { stroke-width: 4; }
        .now { stroke: var(--accent); stroke-width: 1.5; pointer-events: none; }
        #ticks line { stroke: var(--soft); }
        #ticks text { fill: var(--soft); font-size: 11px; }
        .overview { display: block; margin-bottom: .5rem; border-bottom: 1px solid var(--line); }
        .overview .granted { fill: var(--good); }
        .overview .refused { fill: var(--bad); }
        .controls { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem 1rem;
          align-items: center; padding: .6rem 0; background: var(--card); }
        .controls[hidden] { display: none; }
        .controls label { display: flex; flex: 1 1 14rem; gap: .5rem; align-items: center; font-size: .9rem; }
        .controls input { flex: 1; min-width: 6rem; height: 1.75rem; accent-color: var(--accent); }
        .controls output { flex: 1 1 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
        button { min-height: 2.25rem; padding: .2rem .8rem; border: 1px solid var(--line); border-radius: 8px;
          background: var(--ground); color: var(--ink); font: inherit; font-size: .9rem; cursor: pointer; }
        button:hover { border-color: var(--accent); }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        .told { margin-bottom: .75rem; } .told .repeat { margin-bottom: .75rem; }
        .story, .table { border-bottom: 1px solid var(--line); }
        .told .story { padding: 0 .75rem; border: 2px solid var(--accent); border-radius: 8px; }
        summary { padding: .45rem 0; cursor: pointer; overflow-wrap: anywhere; }
        .story time { color: var(--soft); font-variant-numeric: tabular-nums; }
        .outcome { display: inline-block; min-width: 5.6rem; padding: 0 .5rem; border-radius: 6px; text-align: center;
          font-size: .85rem; color: var(--good); background: var(--good-ground); }
        .story.refused .outcome { color: var(--bad); background: var(--bad-ground); }
        .checks { margin: .5rem 0; padding: 0; list-style: none; font-size: .9rem; }
        .checks li::before { content: "✓ "; color: var(--good); }
        .checks li.failed { font-weight: 600; }
        .checks li.failed::before { content: "✗ "; color: var(--bad); }
        .verdicts td { width: 33%; }
        .same { color: var(--good); }
        .differs { color: var(--bad); font-weight: 600; }
        .gantt .rail { stroke: var(--line); stroke-dasharray: 2 4; }
        .gantt .role { fill: var(--soft); }
        @media (max-width: 40rem) { header, main, footer { padding: 0 .75rem; } section { padding: .9rem; }
          header { padding-top: 1.25rem; } .graph text { font-size: 17px; } .totals { grid-template-columns: 1fr 1fr; }
          .outcome { min-width: 0; } }
        @media print { :root { --ground: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --good: #14794b;
            --good-ground: #fff; --bad: #b3261e; --bad-ground: #fff; --warn: #8a5a00; --warn-ground: #fff;
            --member: #4c78a8; --admin: #7a5aa8; --owner: #b07d2b; --hatch: #ccc; }
          * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
          body { font-size: 11pt; } .controls, .told { display: none !important; } .now { display: none; }
          .attempt.later { opacity: 1; } section { break-inside: auto; padding: .5rem 0; border: 0; border-radius: 0; }
          .verdict { padding: 1rem; border: 2px solid; border-radius: 8px; }
          h2, .lead { break-after: avoid; } tr, summary, .lead, .totals { break-inside: avoid; }
          .graph { max-width: 15cm; } .scroll { overflow: visible; } }
        """
}
