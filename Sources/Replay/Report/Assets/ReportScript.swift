/// What a report does when somebody touches it. Without it everything is there all the same, and stands still.
enum ReportScript {
    static let javascript = #"""
        "use strict";
        (() => {
          const byId = (id) => document.getElementById(id);
          const all = (selector, root = document) => [...root.querySelectorAll(selector)];
          const timeline = byId("timeline");

          // The graph: a name shows its lines alone.
          let chosen = "";
          const choose = (key) => {
            chosen = chosen === key ? "" : key;
            for (const node of all(".node")) node.setAttribute("aria-pressed", String(node.dataset.key === chosen));
            const isOf = (item) => !chosen || item.dataset.a === chosen || item.dataset.b === chosen;
            for (const edge of all("#graph .edges > *")) edge.classList.toggle("dim", !isOf(edge));
            for (const row of all("#who tbody tr, .story")) row.hidden = !isOf(row);
          };
          for (const node of all(".node")) {
            node.addEventListener("click", () => choose(node.dataset.key));
            node.addEventListener("keydown", (event) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              choose(node.dataset.key);
            });
          }
          if (!timeline) return;

          // The timeline: a moment, and how close one looks at it.
          const begin = Number(timeline.dataset.from);
          const end = Math.max(Number(timeline.dataset.to), begin + 1);
          const moment = byId("moment"), zoom = byId("zoom"), told = byId("told");
          const attempts = all(".attempt", timeline).map((mark) => ({ mark, time: Number(mark.dataset.time) }));
          let now = end, current = null;

          const shown = () => {
            const width = (end - begin) / Math.pow(2, Number(zoom.value) / 8);
            const left = Math.min(Math.max(now - width / 2, begin), end - width);
            return { left, width };
          };
          const text = (time) => new Date(time / 1000).toISOString();
          const draw = () => {
            const { left, width } = shown();
            const place = (time) => (100 * (time - left)) / width;
            for (const { mark, time } of attempts) {
              mark.setAttribute("x", place(time) + "%");
              mark.classList.toggle("later", time > now);
              mark.classList.toggle("current", mark === current);
            }
            for (const span of all(".span", timeline)) {
              const from = Math.max(0, place(Number(span.dataset.from)));
              const to = Math.min(100, place(Number(span.dataset.to)));
              span.setAttribute("x", from + "%");
              span.setAttribute("width", Math.max(0, to - from) + "%");
            }
            const cursor = byId("now");
            for (const x of ["x1", "x2"]) cursor.setAttribute(x, place(now) + "%");
            all("#ticks > svg").forEach((tick, index) => {
              const time = text(left + (width * index) / 4);
              tick.querySelector("text").textContent = width < 8e6 ? time.slice(17, 23) + " s" : time.slice(11, 19);
            });
            for (const lane of all(".lane", timeline)) {
              const isIn = all(".span", lane).some((span) =>
                Number(span.dataset.from) <= now && (now < Number(span.dataset.to) || Number(span.dataset.to) === end));
              lane.classList.toggle("away", !isIn);
            }
          };
          const say = () => {
            const members = all(".lane:not(.away)", timeline).length;
            const before = attempts.filter((attempt) => attempt.time <= now);
            const granted = before.filter((attempt) => attempt.mark.classList.contains("granted")).length;
            byId("clock").textContent =
              `${text(now).slice(0, 19).replace("T", " ")} · ${members} belong · ` +
              `${granted} connected and ${before.length - granted} refused so far`;
          };
          const tell = (attempt) => {
            current = attempt ? attempt.mark : null;
            told.hidden = !attempt;
            if (!attempt) return;
            const copy = byId(attempt.mark.dataset.story).cloneNode(true);
            copy.removeAttribute("id");
            copy.hidden = false;
            copy.open = true;
            told.replaceChildren(copy);
          };
          const go = (time, attempt) => {
            now = time;
            moment.value = String(Math.round((1000 * (now - begin)) / (end - begin)));
            tell(attempt);
            draw();
            say();
          };
          moment.addEventListener("input", () => {
            now = begin + ((end - begin) * Number(moment.value)) / 1000;
            const before = attempts.filter((attempt) => attempt.time <= now);
            tell(Number(moment.value) < 1000 ? before[before.length - 1] : null);
            draw();
            say();
          });
          zoom.addEventListener("input", draw);
          const step = (direction) => {
            const index = attempts.findIndex((attempt) => attempt.mark === current);
            const next =
              index >= 0 ? attempts[index + direction]
              : direction < 0 ? attempts.filter((attempt) => attempt.time <= now).pop()
              : attempts.find((attempt) => attempt.time > now) || attempts[0];
            if (next) go(next.time, next);
          };
          byId("previous").addEventListener("click", () => step(-1));
          byId("next").addEventListener("click", () => step(1));
          for (const attempt of attempts) attempt.mark.addEventListener("click", () => go(attempt.time, attempt));
          document.querySelector(".controls").hidden = false;
          draw();
          say();
        })();
        """#
}
