// The page's style sheet, as text: the single-file program has no files beside it.

const COLOURS = `
:root{color-scheme:light dark;--bg:#f4f6f8;--fg:#17212b;--dim:#56636f;--card:#fff;--line:#d8dee5;--link:#0b5cad;--shade:0 1px 2px rgba(20,30,40,.06);
--ok:#0a6f39;--okbg:#e6f4ec;--warn:#805300;--warnbg:#fdf1d3;--bad:#a80f1b;--badbg:#fde5e6;--off:#505c68;--offbg:#e9edf1;--flow:#2b8a58;--ink:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#0f1419;--fg:#e6ebf0;--dim:#9ba8b5;--card:#171e26;--line:#2b3641;--link:#7db8f5;--shade:none;
--ok:#6bd79a;--okbg:#12301f;--warn:#f2c467;--warnbg:#352810;--bad:#ff9298;--badbg:#43161a;--off:#a9b5c1;--offbg:#252f39;--flow:#46a873;--ink:#0f1419}}
`

const FRAME = `
*{box-sizing:border-box}html{scroll-behavior:smooth}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,header{max-width:1400px;margin:auto;padding:0 20px}main{padding-bottom:48px}
header{display:flex;flex-wrap:wrap;gap:2px 16px;align-items:baseline;padding-top:14px;padding-bottom:10px}
h1{font-size:21px;line-height:1.3;margin:0}h1 a{color:inherit;text-decoration:none}
h2{font-size:15px;font-weight:650;margin:30px 0 10px}h3{font-size:14px;font-weight:600;margin:0}p{margin:0}
a{color:var(--link)}a:focus-visible,button:focus-visible,summary:focus-visible,input:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999px}.skip:focus{left:12px;top:8px;background:var(--card);padding:6px 12px;z-index:2}
code,.mono,pre{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:.92em}
.dim{color:var(--dim)}.num{text-align:right;font-variant-numeric:tabular-nums}.age{font-variant-numeric:tabular-nums;min-width:76px}
.live{margin-left:auto;font-size:13px;font-weight:600;color:var(--ok)}.gone .live{color:var(--warn)}
.out{font-size:13px}.sign-in{max-width:560px;margin:5vh auto;padding:20px 24px}.sign-in h2{margin:0 0 10px;font-size:18px}.sign-in .dim{margin-top:16px;font-size:13px}
.lost{background:var(--warnbg);color:var(--warn);padding:9px 20px;font-weight:600;text-align:center}.lost[hidden]{display:none}
.now{display:contents}.later,.old>.now,.old>a>.now{display:none}.old>.later,.old>a>.later{display:contents}
.card,.scroll,.vip{background:var(--card);border:1px solid var(--line);border-radius:10px;box-shadow:var(--shade)}
.card{padding:10px 16px}.newest{font-size:13px;margin-top:8px}.more{margin-top:8px;font-size:14px}
.verdict{border-radius:10px;padding:11px 16px;border:1px solid;margin-top:4px}
.verdict .head{font-weight:700;margin-right:6px}.verdict.ok{background:var(--okbg);color:var(--ok)}
.verdict.wait{background:var(--warnbg);color:var(--warn)}.verdict.bad{background:var(--badbg);color:var(--bad);border-width:2px;border-left-width:10px}
.verdict.bad .head{font-size:19px}.gone .verdict.ok{display:none}.verdict+.verdict{margin-top:10px}
.alerts{list-style:none;margin:6px 0 0;padding:0;max-height:15em;overflow:auto}.alerts li{padding:4px 0;font-weight:600;overflow-wrap:anywhere}
.since{font-weight:400;font-size:13px;white-space:nowrap}
`

const PARTS = `
.vips{display:grid;grid-template-columns:repeat(auto-fill,minmax(270px,1fr));gap:12px}
.vip{border-left:6px solid var(--ok);padding:12px 16px}.vip h3{overflow-wrap:anywhere}
.vip .big{font-size:27px;font-weight:700;line-height:1.3;overflow-wrap:anywhere}.says{color:var(--dim);font-variant-numeric:tabular-nums}
.vip.unknown,.vip:has(.old){border-left-color:var(--off);border-left-style:dashed}.vip.unknown .big,.vip .big .old{color:var(--off)}
.vip.none,.vip.split{background:var(--badbg);border:3px solid var(--bad);border-left-width:10px}
.vip.none .big,.vip.split .big{color:var(--bad)}.vip.none .dim,.vip.split .dim,.vip.none .says,.vip.split .says{color:var(--fg)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:8px 14px;border-top:1px solid var(--line);vertical-align:top;white-space:nowrap}
th.num,td.num{text-align:right}thead th{border-top:0;color:var(--dim);font-weight:500;font-size:13px}tbody th{font-weight:600}
tbody tr:hover{background:color-mix(in srgb,var(--line) 28%,transparent)}
td.wrap{white-space:normal;min-width:200px;overflow-wrap:anywhere}.step{color:var(--dim);font-size:13px}
.tag{display:inline-block;border-radius:999px;padding:0 10px;font-weight:600;font-size:13px;background:var(--offbg);color:var(--off);white-space:nowrap}
.tag.ok{background:var(--okbg);color:var(--ok)}.tag.warn{background:var(--warnbg);color:var(--warn)}.tag.bad{background:var(--badbg);color:var(--bad)}
summary{cursor:pointer;padding:8px 4px;color:var(--link)}.calm{color:var(--dim)}
.timeline{list-style:none;margin:0;padding:0 0 0 11px}
.timeline li{position:relative;padding:0 0 14px 26px;border-left:2px solid var(--line)}.timeline li:last-child{border-left-color:transparent}
.dot{position:absolute;left:-12px;top:0;width:22px;height:22px;border-radius:50%;background:var(--offbg);color:var(--off);text-align:center;font:700 12px/22px system-ui,sans-serif}
.timeline .ok .dot{background:var(--okbg);color:var(--ok)}.timeline .warn .dot{background:var(--warnbg);color:var(--warn)}.timeline .bad .dot{background:var(--bad);color:var(--ink)}
.timeline .move .dot{background:var(--link);color:var(--ink)}.timeline .bad .what{color:var(--bad);font-weight:600}
.timeline time{margin-right:10px}.what{overflow-wrap:anywhere}.took{background:var(--offbg);border-radius:6px;padding:1px 8px;margin-left:6px;white-space:nowrap}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));gap:10px 24px;margin:4px 0}.facts dt{color:var(--dim);font-size:13px}.facts dd{margin:0;overflow-wrap:anywhere}
.plain{list-style:none;margin:0}.plain li{padding:3px 0;overflow-wrap:anywhere}.note{font-size:17px;margin-bottom:4px}
pre{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 0;margin:0;overflow:auto;max-height:70vh}
.file pre{padding:12px}.diff span{display:block;padding:0 14px;white-space:pre}.diff .added{background:var(--okbg);color:var(--ok)}.diff .removed{background:var(--badbg);color:var(--bad)}.diff .place{color:var(--dim)}
button{font:inherit;font-size:13px;border:1px solid var(--line);border-radius:7px;background:var(--card);color:var(--link);padding:2px 12px;min-height:28px;cursor:pointer}
a.button{display:inline-block;font-size:13px;border:1px solid var(--line);border-radius:7px;background:var(--card);padding:4px 12px;text-decoration:none}button.strong{background:var(--link);color:var(--ink);border-color:var(--link);font-weight:600}button:disabled{opacity:.6}
dialog{border:1px solid var(--line);border-radius:12px;background:var(--card);color:var(--fg);padding:20px 24px;width:min(440px,94vw)}dialog::backdrop{background:rgba(10,15,20,.5)}
dialog h2{margin:0 0 8px;font-size:18px}label{display:block;margin-top:12px;font-weight:600}
input{display:block;width:100%;font:inherit;border:1px solid var(--dim);border-radius:7px;background:var(--bg);color:var(--fg);padding:6px 10px;margin-top:4px}
.buttons{display:flex;justify-content:flex-end;gap:10px;margin-top:14px}.buttons button{font-size:15px;padding:5px 16px}#ask-answer{min-height:1.5em;font-weight:600;margin-top:8px}
`

const PICTURE = `
.canvas{padding:16px}.picture{display:block;margin:auto;max-width:100%;height:auto;min-width:min(980px,100%)}
.picture .card{fill:var(--card);stroke:var(--line);stroke-width:1.3}.picture text{fill:var(--fg);font-size:13.5px}.picture .name{font-weight:600}
.picture .says{font-size:12px}.picture .place{fill:var(--dim);font-size:11.5px}.picture .shape{fill:var(--off)}.picture .ink{fill:none;stroke:var(--ink);stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
.picture .mark{fill:var(--off);font-weight:700;text-anchor:middle;font-size:13px}
.picture .ok .shape{fill:var(--ok)}.picture .warn .shape{fill:var(--warn)}.picture .bad .shape{fill:var(--bad)}
.picture .off .shape{fill:none;stroke:var(--off);stroke-width:1.8;stroke-dasharray:3 2.4}.picture .off .card{stroke-dasharray:5 4;stroke:var(--off)}
.picture .bad .card{stroke:var(--bad);stroke-width:2.6;fill:var(--badbg)}.picture .bad .says{fill:var(--bad);font-weight:600}.picture .warn .card{stroke:var(--warn)}
.picture a{text-decoration:none}.picture a:hover .card,.picture a:focus-visible .card{stroke:var(--link);stroke-width:2.6}.picture a:focus-visible{outline:none}
.line path{fill:none;stroke:var(--line);stroke-width:1.6}.line.flow path{stroke:var(--flow);stroke-width:2.6}
.line.bad path{stroke:var(--bad);stroke-width:2.2;stroke-dasharray:2 4}.line.bad .cross{stroke-dasharray:none}.line.unknown path{stroke:var(--off);stroke-dasharray:6 5}.line.idle path{stroke:var(--dim);opacity:.45}
.lanes{display:block;width:100%;min-width:640px;height:auto}.lanes text{fill:var(--fg);font-size:12.5px;text-anchor:middle}.lanes .lane{text-anchor:start;font-weight:600}.lanes .hour{fill:var(--dim);font-size:11px}.lanes .hour[text-anchor=start]{text-anchor:start}.lanes .hour[text-anchor=end]{text-anchor:end}
.lanes .tick{stroke:var(--line)}.lanes rect{stroke:var(--card);stroke-width:1}.lanes .held rect{fill:var(--okbg);stroke:var(--ok)}.lanes .odd rect{fill:var(--offbg)}
.lanes .none rect,.lanes .split rect{fill:var(--bad);stroke:var(--bad)}.lanes .none text,.lanes .split text{fill:var(--ink);font-weight:700}.lanes .off rect{fill:none;stroke:var(--off);stroke-dasharray:4 3}
.gone .picture,.gone .lanes{opacity:.55}
.legend{font-size:13px;margin-top:6px}.key{display:inline-block;width:26px;border-top:3px solid var(--flow);vertical-align:middle;margin:0 4px 0 14px}
.key.idle{border-top:1px solid var(--dim)}.key.bad{border-top:3px dotted var(--bad)}.key.unknown{border-top:2px dashed var(--off)}
`

const NARROW = `
@media(max-width:640px){main,header{padding-left:12px;padding-right:12px}th,td{padding:7px 9px}.canvas{padding:10px}.picture{min-width:900px}.vip .big{font-size:24px}td.wrap{min-width:160px}.legend{line-height:1.9}}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media print{.live,.skip,button{display:none}}
`

export const STYLE = COLOURS + FRAME + PARTS + PICTURE + NARROW
