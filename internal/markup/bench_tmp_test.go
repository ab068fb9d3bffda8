package markup
import ("testing";"os";"path/filepath";"bytes")
func scanAll(page []byte, rules Rules) { s := Scanner{Rules: rules}; w := page
 const chunk=32<<10
 var held []byte
 for len(w)>0 { n:=min(chunk,len(w)); p:=w[:n]; w=w[n:]
  win:=p
  if len(held)>0 { held=append(held,p...); win=held }
  _,d := s.Scan(win,false)
  if d>0||len(held)==0 { held=append(held[:0],win[d:]...) }
 }
 s.Scan(held,true)
}
func BenchmarkTmp(b *testing.B){
 files,_:=filepath.Glob(os.Getenv("PAGES"))
 var pages [][]byte; total:=0
 for _,f:=range files { p,_:=os.ReadFile(f); pages=append(pages,p); total+=len(p) }
 mark:=&Mark{Attributes:" x"}
 rules:=Rules{Head:"<h>",Body:"<b>",Prefix:"data-consent-",
  Host:func(h []byte)*Mark{ if bytes.HasSuffix(h,[]byte("google-analytics.com"))||bytes.HasSuffix(h,[]byte("doubleclick.net")) {return mark}; return nil},
  Script:func(t []byte)*Mark{ for _,l:=range [][]byte{[]byte("_paq"),[]byte("GoogleAnalyticsObject"),[]byte("gtag("),[]byte("ATInternet"),[]byte("fbq(")} { if bytes.Contains(t,l){return mark}}; return nil}}
 b.Run("all",func(b *testing.B){b.SetBytes(int64(total));b.ReportAllocs(); for b.Loop(){ for _,p:=range pages {scanAll(p,rules)}}})
 rules.Script=nil
 b.Run("noscript",func(b *testing.B){b.SetBytes(int64(total)); for b.Loop(){ for _,p:=range pages {scanAll(p,rules)}}})
 b.Run("hop",func(b *testing.B){b.SetBytes(int64(total)); for b.Loop(){ for _,p:=range pages { for i:=0;;{ j:=bytes.IndexByte(p[i:],'<'); if j<0{break}; i+=j+1} }}})
}
