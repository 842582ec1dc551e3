
"use strict";
// All that comes from the daemon is set as text and never as HTML: names are what somebody called
// a file. The policy of this page (require-trusted-types-for) refuses anything else.
(() => {
  const STATUS_EVERY = 2000;
  const HISTORY_EVERY = 10000;
  const FIRST_ROWS = 200;
  const $ = (id) => document.getElementById(id);
  const canExplain = document.body.dataset.explain === "true";
  const whole = new Intl.NumberFormat("en");
  const names = new Intl.Collator("en", {numeric: true});

  let mounts = [];
  let drawn = "";
  let sort = {by: "name", down: false};
  let shown = FIRST_ROWS;
  let answered = null;

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined && text !== null) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  async function ask(path) {
    const response = await fetch(path, {credentials: "omit", signal: AbortSignal.timeout(8000)});
    if (!response.ok) throw new Error((await response.text()).trim());
    return response.json();
  }

  // --- state and figures --------------------------------------------------------------------

  function span(seconds) {
    if (seconds < 60) return Math.max(0, Math.floor(seconds)) + " s";
    if (seconds < 3600) return Math.floor(seconds / 60) + " min";
    if (seconds < 172800) return Math.floor(seconds / 3600) + " h " + Math.floor(seconds % 3600 / 60) + " min";
    return Math.floor(seconds / 86400) + " days";
  }

  function ago(time) {
    return time ? span((Date.now() - Date.parse(time)) / 1000) + " ago" : "–";
  }

  function millis(value) {
    return value === null || value === undefined ? "–" : value.toFixed(1);
  }

  const STATES = {
    ready: "good", mounted: "good", degraded: "bad", failed: "bad", stuck: "bad",
    quarantined: "warn", starting: "warn", stopping: "warn", mounting: "warn",
  };

  function pill(node, word) {
    if (node.textContent !== word) node.textContent = word;
    node.className = "pill " + (STATES[word] || "");
  }

  function figure(name, value, alarm) {
    const group = element("div", null, alarm ? "alarm" : "");
    group.append(element("dt", name), element("dd", value));
    return group;
  }

  function showStatus(status) {
    answered = Date.now();
    pill($("state"), status.state);
    document.title = status.state === "ready" ? "lazymount" : status.state + " – lazymount";
    $("about").textContent = status.root + " · mode " + status.mode + " · up " + span(status.uptimeSeconds);
    const problems = [status.trace.problem, status.trace.note, status.catalogProblem, status.storageProblem]
      .filter((problem) => problem);
    $("problems").hidden = problems.length === 0;
    $("problems").replaceChildren(...problems.map((problem) => element("li", problem)));
    const {events, images, trace} = status;
    const figures = [
      figure("of " + whole.format(images.known) + " images mounted", whole.format(images.mounted)),
      figure("events seen", whole.format(events.seen)),
      figure("events lost", whole.format(events.lost), events.lost > 0),
      figure("to no image", whole.format(events.unknown)),
      figure("failed", whole.format(images.failed), images.failed > 0),
      figure("quarantined", whole.format(images.quarantined), images.quarantined > 0),
      figure("stuck", whole.format(images.stuck), images.stuck > 0),
      figure("canary, ms", millis(trace.canaryMillis)),
      figure("trace program", trace.program || "–"),
      figure("trace restarts", whole.format(trace.restarts), trace.restarts > 0),
    ];
    if (images.lingering !== undefined) {
      figures.splice(7, 0, figure("lingering", whole.format(images.lingering)));
    }
    $("figures").replaceChildren(...figures);
    mounts = status.mounts;
    showTable();
  }

  function unreachable() {
    pill($("state"), answered ? "no answer for " + span((Date.now() - answered) / 1000) : "no answer");
    $("state").className = "pill bad";
  }

  // --- the table ----------------------------------------------------------------------------

  function compare(a, b) {
    const [x, y] = [a[sort.by], b[sort.by]];
    // What has no value comes last, either way.
    if (x === null || y === null) return (x === null) - (y === null);
    const order = typeof x === "number" ? x - y : names.compare(x, y);
    return sort.down ? -order : order;
  }

  // One row, and another one for the reason if there is one.
  function row(mount) {
    const line = element("tr");
    const name = element("td");
    if (canExplain) {
      const button = element("button", mount.name, "name");
      button.type = "button";
      button.title = "Explain";
      button.addEventListener("click", () => explain(mount.name));
      name.append(button);
    } else {
      name.append(element("span", mount.name, "name"));
    }
    const state = element("td");
    state.append(element("span", mount.state, "pill " + (STATES[mount.state] || "")));
    const since = element("td", ago(mount.since), "wide");
    since.title = mount.since || "";
    const used = element("td", ago(mount.lastAccess), "wide");
    used.title = mount.lastAccess || "";
    const device = element("td", null, "wide");
    device.append(element("code", mount.device || "–"));
    line.append(name, state, since, used, element("td", millis(mount.mountMillis), "number"), device);
    if (!mount.reason) return [line];
    line.className = "explained";
    const why = element("tr");
    const reason = element("td", mount.reason, "reason");
    reason.colSpan = 6;
    why.append(reason);
    return [line, why];
  }

  function showTable() {
    const wanted = $("find").value.trim().toLowerCase();
    const found = mounts.filter((mount) =>
      [mount.name, mount.state, mount.reason].some((text) => text && text.toLowerCase().includes(wanted)));
    found.sort((a, b) => compare(a, b) || names.compare(a.name, b.name));
    const rows = found.slice(0, shown);
    $("found").textContent = mounts.length === 0
      ? "None yet: an image is mounted at the first access to its compiler."
      : whole.format(found.length) + (wanted ? " of " + whole.format(mounts.length) : "") + " images"
        + (rows.length < found.length ? ", of which " + rows.length + " are shown" : "");
    $("more").hidden = rows.length === found.length;
    // Drawn anew only if something changed, so that what is selected or has the focus stays so.
    const now = JSON.stringify([rows, rows.map((mount) => [ago(mount.since), ago(mount.lastAccess)])]);
    const busy = $("rows").contains(document.activeElement) || !document.getSelection().isCollapsed;
    if (now !== drawn && !(busy && drawn !== "" && document.activeElement !== $("find"))) {
      drawn = now;
      $("rows").replaceChildren(...rows.flatMap(row));
    }
  }

  document.querySelectorAll("th button").forEach((button) => button.addEventListener("click", () => {
    const by = button.dataset.sort;
    sort = {by, down: sort.by === by && !sort.down};
    document.querySelectorAll("#table th").forEach((header) => header.removeAttribute("aria-sort"));
    button.parentElement.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
    drawn = "";
    showTable();
  }));
  $("find").addEventListener("input", () => {
    shown = FIRST_ROWS;
    drawn = "";
    showTable();
  });
  $("more").addEventListener("click", () => {
    shown += 5 * FIRST_ROWS;
    drawn = "";
    showTable();
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      $("find").focus();
    }
  });

  // --- the last hour ------------------------------------------------------------------------

  function byMinute(series, interval) {
    const each = Math.round(60 / interval);
    const minutes = new Array(60).fill(0);
    for (let i = 0; i < series.length; i++) {
      const minute = 59 - Math.floor((series.length - 1 - i) / each);
      if (minute >= 0) minutes[minute] += series[i];
    }
    return minutes;
  }

  function bar(x, y, height, className, text) {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({x: x + 1, y, width: 8, height, class: className})) {
      rect.setAttribute(name, value);
    }
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = text;
    rect.append(title);
    return rect;
  }

  function chart(what, values, badValues, badWord) {
    const most = Math.max(1, ...values.map((value, i) => value + badValues[i]));
    const bars = [];
    values.forEach((value, i) => {
      const when = i === 59 ? "this minute" : 59 - i + " min ago";
      const good = 114 * value / most;
      const wrong = 114 * badValues[i] / most;
      const text = when + ": " + whole.format(value) + " " + what + ", " + whole.format(badValues[i]) + " " + badWord;
      if (value) bars.push(bar(i * 10, 120 - good, good, what, text));
      if (badValues[i]) bars.push(bar(i * 10, 120 - good - wrong, wrong, "bad", text));
    });
    const svg = $("chart-" + what);
    const total = values.reduce((a, b) => a + b, 0);
    const totalBad = badValues.reduce((a, b) => a + b, 0);
    svg.replaceChildren(...bars);
    svg.setAttribute("aria-label", whole.format(total) + " " + what + " in the last hour, at most "
      + whole.format(Math.max(...values)) + " a minute; " + whole.format(totalBad) + " " + badWord);
    $("most-" + what).textContent = "most: " + whole.format(Math.max(...values)) + " a minute, in all " + whole.format(total);
  }

  function showHour(hour) {
    const of = (series) => byMinute(series, hour.intervalSeconds);
    const [events, lost, made, failed] = [of(hour.events), of(hour.lost), of(hour.mounts), of(hour.failures)];
    chart("events", events, lost, "lost");
    chart("mounts", made, failed, "failed");
    $("minutes").replaceChildren(...events.map((value, i) => {
      const line = element("tr");
      const head = element("th", i === 59 ? "now" : "−" + (59 - i));
      head.scope = "row";
      line.append(head, ...[value, lost[i], made[i], failed[i]].map((n) => element("td", whole.format(n))));
      return line;
    }).reverse());
  }

  // --- explain ------------------------------------------------------------------------------

  function explanation(answer) {
    const verdict = element("p", null, "verdict");
    verdict.append(element("span", answer.state, "pill " + (STATES[answer.state] || "")), " " + answer.verdict);
    const steps = element("dl");
    for (const step of answer.steps) {
      steps.append(element("dt", step.what), element("dd", step.finding));
    }
    if (answer.next) steps.append(element("dt", "next"), element("dd", answer.next));
    return [verdict, steps];
  }

  async function explain(of) {
    $("explain-of").value = of;
    try {
      const answer = await ask("/api/explain?of=" + encodeURIComponent(of));
      $("explanation").replaceChildren(...explanation(answer));
    } catch (problem) {
      $("explanation").replaceChildren(element("p", "No explanation: " + problem.message));
    }
    $("explain").scrollIntoView({block: "nearest"});
  }

  $("explain").hidden = !canExplain;
  $("explain-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const of = $("explain-of").value.trim();
    if (of) explain(of);
  });

  // --- asking again and again ---------------------------------------------------------------

  function every(pause, path, show, failed) {
    const once = async () => {
      if (!document.hidden) {
        try {
          show(await ask(path));
        } catch (problem) {
          failed();
        }
      }
      setTimeout(once, pause);
    };
    once();
  }

  every(STATUS_EVERY, "/api/status", showStatus, unreachable);
  every(HISTORY_EVERY, "/api/history", showHour, () => {});
})();
