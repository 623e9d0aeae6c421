import { createRequire } from "node:module";
import { NodeDeflater } from "./node-deflater.ts"; import { NodeInflater } from "./node-inflater.ts";
import { sampleText, codecOptions } from "./peer.fixture.ts";
const require = createRequire(import.meta.url);
const PMD = require("/work/main/node_modules/ws/lib/permessage-deflate.js");
const cpu=()=>{const u=process.cpuUsage();return u.user+u.system};
for (const takeover of [true,false]) for (const n of [64,256,1024,4096,8192,16384,65536,262144]) {
 const N=Math.max(10,Math.min(300,2e6/n|0));
 const msgs=Array.from({length:N},(_, i)=>sampleText(n,i*77+1));
 const res:Record<string,number[]>={};
 for (let r=0;r<7;r++) {
  const p=new PMD({isServer:true}); p.accept([{server_no_context_takeover: takeover?undefined:[true], client_no_context_takeover: takeover?undefined:[true]}].map(o=>Object.fromEntries(Object.entries(o).filter(([,v])=>v))));
  const q=new PMD({isServer:false}); q.params=p.params;
  const d=new NodeDeflater(codecOptions({hasContextTakeover:takeover})), i=new NodeInflater(codecOptions({hasContextTakeover:takeover}));
  const t: [string,()=>Promise<any>, any[]][]=[];
  let a=cpu(); const wc:any[]=[]; for(const m of msgs) wc.push(await new Promise(r=>p.compress(m,true,(e:any,x:any)=>r(x)))); (res.wsD??=[]).push((cpu()-a)/N);
  a=cpu(); for(const m of wc) await new Promise(r=>q.decompress(m,true,(e:any,x:any)=>r(x))); (res.wsI??=[]).push((cpu()-a)/N);
  a=cpu(); const oc:any[]=[]; for(const m of msgs) oc.push(await new Promise(r=>d.deflate(m,(e,x)=>r(x)))); (res.ourD??=[]).push((cpu()-a)/N);
  a=cpu(); for(const m of oc) await new Promise(r=>i.inflate(m,1e7,(e,x)=>r(x))); (res.ourI??=[]).push((cpu()-a)/N);
  if(r===0) {const sum=(x:any[])=>x.reduce((s,y)=>s+y.length,0); (res.size=[sum(wc),sum(oc)]);}
  p.cleanup();q.cleanup();d.close();i.close();
 }
 const med=(k:string)=>res[k]!.sort((a,b)=>a-b)[3]!.toFixed(0);
 console.log(takeover?"takeover":"none    ",n,"deflate ws",med("wsD"),"ours",med("ourD")," inflate ws",med("wsI"),"ours",med("ourI")," bytes ws/ours",res.size!.join("/"));
}
