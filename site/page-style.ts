// The page's style sheet, as text: the single-file program has no files beside it.
export const STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--fg:#16202c;--dim:#5b6876;--card:#fff;--line:#d9dfe6;
--ok:#0b7a3e;--okbg:#e3f5ea;--warn:#8a5a00;--warnbg:#fff1d0;--bad:#b3121d;--badbg:#ffe1e3;--off:#566170;--offbg:#e8ebef}
@media(prefers-color-scheme:dark){:root{--bg:#10151b;--fg:#e7ecf2;--dim:#9aa7b5;--card:#182029;--line:#2c3743;
--ok:#63d693;--okbg:#123322;--warn:#f4c15d;--warnbg:#3a2c0d;--bad:#ff8e94;--badbg:#4a1519;--off:#aab5c1;--offbg:#29333e}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif}
main,header{max-width:1180px;margin:auto;padding:12px 16px}
header{display:flex;flex-wrap:wrap;gap:4px 20px;align-items:baseline;border-bottom:1px solid var(--line)}
h1{font-size:20px;margin:0}h2{font-size:13px;letter-spacing:.06em;text-transform:uppercase;color:var(--dim);margin:26px 0 8px}
code,.mono{font-family:ui-monospace,monospace;font-size:.92em}
.dim{color:var(--dim)}.num{text-align:right;font-variant-numeric:tabular-nums}
.alerts{list-style:none;margin:14px 0 0;padding:0}
.alerts li{background:var(--badbg);color:var(--bad);border:1px solid;border-left-width:8px;border-radius:6px;padding:9px 13px;margin:6px 0;font-weight:600;overflow-wrap:anywhere}
.well{background:var(--okbg);color:var(--ok);border-radius:6px;padding:8px 12px;margin:14px 0 0}
.wait{background:var(--warnbg);color:var(--warn);border-radius:6px;padding:8px 12px;margin:14px 0 0}
.vips{display:grid;grid-template-columns:repeat(auto-fill,minmax(265px,1fr));gap:12px}
.vip{background:var(--card);border:1px solid var(--line);border-top:6px solid var(--ok);border-radius:8px;padding:12px 14px}
.vip .big{font-size:30px;font-weight:700;line-height:1.25;overflow-wrap:anywhere}
.vip.unknown{border-top-color:var(--off);border-top-style:dashed}.vip.unknown .big{color:var(--off)}
.vip.none,.vip.split{background:var(--badbg);border:3px solid var(--bad);border-top-width:8px}
.vip.none .big,.vip.split .big{color:var(--bad)}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:7px 12px;border-top:1px solid var(--line);vertical-align:top;white-space:nowrap}
thead th{border-top:0;color:var(--dim);font-weight:500;font-size:13px}td.wrap{white-space:normal;min-width:190px;overflow-wrap:anywhere}
.tag{display:inline-block;border-radius:999px;padding:1px 10px;font-weight:600;font-size:13px;background:var(--offbg);color:var(--off)}
.tag.ok{background:var(--okbg);color:var(--ok)}.tag.warn{background:var(--warnbg);color:var(--warn)}.tag.bad{background:var(--badbg);color:var(--bad)}
.lost{background:var(--warnbg);color:var(--warn);padding:8px 16px;font-weight:600;text-align:center}
.lost[hidden]{display:none}
body.gone .well{display:none}
@media(max-width:600px){main,header{padding:10px}th,td{padding:6px 8px}}
`
