package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/bench/internal/portal"
)

// consentDirective is the module's part of the Caddyfile that is measured.
const consentDirective = `
	consent {
		service ga
		service matomo
		third_parties {third_parties}
	}
`

const caddyfile = `{
	admin off
	auto_https off
	persist_config off
	storage file_system {dir}
	log {
		output discard
	}
}
http://127.0.0.1:{port} {
	@encode path /encode/*
	encode @encode gzip
	{consent}
	reverse_proxy 127.0.0.1:{upstream}
}
`

// gunzip inflates only for clients that do not accept gzip, so sub_filter has to ask the
// upstream for plain pages: that is how nginx's users do it, and what nginxInflates is for.
const nginxConf = `daemon off;
worker_processes 1;
pid {dir}/pid;
error_log {dir}/error.log error;
events {
	worker_connections 2048;
}
http {
	access_log off;
	client_body_temp_path {dir}/body;
	proxy_temp_path {dir}/proxy;
	fastcgi_temp_path {dir}/fastcgi;
	uwsgi_temp_path {dir}/uwsgi;
	scgi_temp_path {dir}/scgi;
	keepalive_requests 1000000000;
	gzip_comp_level 5;
	upstream site {
		server 127.0.0.1:{upstream};
		keepalive 256;
		keepalive_requests 1000000000;
	}
	server {
		listen 127.0.0.1:{port};
		proxy_http_version 1.1;
		proxy_set_header Connection "";
		proxy_max_temp_file_size 0;
		{inserts}
		location / {
			proxy_pass http://site;
		}
		location /gzip/ {
			{inflates}
			proxy_pass http://site;
		}
		location /encode/ {
			gzip on;
			proxy_pass http://site;
		}
	}
}
`

var nginxInserts = fmt.Sprintf(`set $first '%s';
		set $second '%s';
		sub_filter '%s' '%[3]s$first$second';
		sub_filter_once on;`, insertedPieces[0], insertedPieces[1], portal.BodyTag)

const nginxInflates = `gzip on;
			proxy_set_header Connection "";
			proxy_set_header Accept-Encoding "";`

// The modules are named as Debian does, whose Apache looks for them relative to its own
// folder. One child has a thread for every response in flight.
const apacheConf = `ServerName 127.0.0.1
Listen 127.0.0.1:{port}
DefaultRuntimeDir {dir}
PidFile {dir}/pid
ErrorLog {dir}/error.log
LogLevel error
Include mods-available/mpm_event.load
Include mods-available/authz_core.load
Include mods-available/filter.load
Include mods-available/deflate.load
Include mods-available/substitute.load
Include mods-available/proxy.load
Include mods-available/proxy_http.load
StartServers 1
ServerLimit 1
ThreadLimit 256
ThreadsPerChild 256
MaxRequestWorkers 256
MinSpareThreads 1
MaxSpareThreads 256
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
DeflateCompressionLevel 5
ProxyPass / http://127.0.0.1:{upstream}/
{inserts}
`

const apachePlain = `<Location /encode/>
	AddOutputFilterByType DEFLATE text/html
</Location>`

var apacheInserts = fmt.Sprintf(`<LocationMatch ^/(plain/|api|cookies)>
	AddOutputFilterByType SUBSTITUTE text/html
</LocationMatch>
<Location /gzip/>
	AddOutputFilterByType INFLATE;SUBSTITUTE;DEFLATE text/html
</Location>
<Location /encode/>
	AddOutputFilterByType SUBSTITUTE;DEFLATE text/html
</Location>
Substitute 's|%s|%[1]s%s%s|n'`, portal.BodyTag, insertedPieces[0], insertedPieces[1])

// maxInFlight is what Apache has threads for, without those of a warm-up.
const maxInFlight = 250

// proxy is one of those compared.
type proxy struct {
	kind     string // what -only names it
	name     string
	plain    string // the name of what it is without inserting anything
	inserted string // what is in the text that it inserts, "" where it inserts none
	choice   string // what the visitor has chosen

	config  string
	command []string // without the configuration's name, which comes last
	env     []string

	index          int // among the results
	dir            string
	cpus           string
	upstream, port int
	choices        []string // the cookies of visitors who have chosen
	cancel         context.CancelFunc
	ended          chan error
	process        *exec.Cmd
}

const (
	plainCaddy  = "Caddy"
	plainNginx  = "nginx"
	plainApache = "Apache"
)

// prepare finds or builds what is to be compared. versions are for the reader.
func prepare(ctx context.Context, o options, dir string, upstream int) (proxies []*proxy, versions []string, err error) {
	p := preparation{ctx: ctx, o: o, dir: dir, upstream: upstream, kinds: strings.Split(o.only, ",")}
	for _, kind := range []func() error{p.caddies, p.nginxes, p.apaches} {
		if err := kind(); err != nil {
			return nil, nil, err
		}
	}
	return p.proxies, p.versions, nil
}

// preparation collects the proxies that are compared, and the versions of what they are made of.
type preparation struct {
	ctx      context.Context
	o        options
	dir      string
	upstream int
	kinds    []string
	proxies  []*proxy
	versions []string
}

func (c *preparation) add(p proxy) {
	p.index, p.upstream, p.cpus = len(c.proxies), c.upstream, c.o.proxyCPU
	p.dir = filepath.Join(c.dir, strconv.Itoa(p.index))
	c.proxies = append(c.proxies, &p)
}

func (c *preparation) version(args ...string) {
	out, _ := exec.CommandContext(c.ctx, args[0], args[1:]...).CombinedOutput() // for the reader only
	line, _, _ := strings.Cut(string(out), "\n")
	c.versions = append(c.versions, strings.TrimSpace(line))
}

func (c *preparation) caddies() error {
	fmt.Fprintln(os.Stderr, "building Caddy")
	caddy := filepath.Join(c.dir, "caddy")
	build := command(c.ctx, c.o.cpus, "go", "build", "-o", caddy, "github.com/caddy-consent/caddy-consent/cmd/caddy")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building Caddy: %w", err)
	}
	c.version("go", "version")
	c.version("go", "list", "-m", "github.com/caddyserver/caddy/v2")
	run := []string{caddy, "run", "--adapter", "caddyfile", "--config"}
	env := []string{"GOMAXPROCS=1", "HOME=" + c.dir, "XDG_CONFIG_HOME=" + c.dir, "XDG_DATA_HOME=" + c.dir}
	c.add(proxy{kind: "caddy", name: plainCaddy, plain: plainCaddy, config: fill(caddyfile, "{consent}", ""), command: run, env: env})
	if slices.Contains(c.kinds, "consent") {
		config := func(thirdParties string) string {
			return fill(caddyfile, "{consent}", fill(consentDirective, "{third_parties}", thirdParties))
		}
		p := proxy{kind: "consent", plain: plainCaddy, config: config("catalogue"), command: run, env: env}
		p.name, p.inserted = "Caddy, notice shown", notice
		c.add(p)
		p.inserted = manage
		p.name, p.choice = "Caddy, refused", "refuse"
		c.add(p)
		p.name, p.choice = "Caddy, accepted", "accept"
		c.add(p)
		p.config = config("pass")
		p.name = "Caddy, accepted, third_parties pass"
		c.add(p)
		p.name, p.choice = "Caddy, refused, third_parties pass", "refuse"
		c.add(p)
	}
	return nil
}

func (c *preparation) nginxes() error {
	if !slices.Contains(c.kinds, "nginx") {
		return nil
	}
	nginx, err := find("nginx", "nginx")
	if err != nil {
		return err
	}
	c.version(nginx, "-v")
	run := []string{nginx, "-e", "stderr", "-c"}
	c.add(proxy{kind: "nginx", name: plainNginx, plain: plainNginx, config: fill(nginxConf, "{inserts}", "", "{inflates}", ""), command: run})
	c.add(proxy{kind: "nginx", name: "nginx, sub_filter", plain: plainNginx, inserted: insertedMark,
		config: fill(nginxConf, "{inserts}", nginxInserts, "{inflates}", nginxInflates), command: run})
	return nil
}

func (c *preparation) apaches() error {
	if !slices.Contains(c.kinds, "apache") {
		return nil
	}
	apache, err := find("apache2", "apache2")
	if err != nil {
		return err
	}
	c.version(apache, "-v")
	run := []string{apache, "-DFOREGROUND", "-f"}
	conf := apacheConf
	if os.Geteuid() == 0 {
		conf += "User #65534\nGroup #65534\n" // Apache refuses to work as root
	}
	c.add(proxy{kind: "apache", name: plainApache, plain: plainApache, config: fill(conf, "{inserts}", apachePlain), command: run})
	c.add(proxy{kind: "apache", name: "Apache, mod_substitute", plain: plainApache, inserted: insertedMark,
		config: fill(conf, "{inserts}", apacheInserts), command: run})
	return nil
}

// fill puts texts in the places of their names.
func fill(config string, names ...string) string {
	return strings.NewReplacer(names...).Replace(config)
}

// find looks also where a user's PATH does not on Debian.
func find(name, debian string) (string, error) {
	for _, at := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(at); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is missing: install Debian's package %s, or leave it out with -only", name, debian)
}

// start runs a fresh process and waits until it answers.
func (p *proxy) start(ctx context.Context) error {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.port = free.Addr().(*net.TCPAddr).Port
	free.Close()
	if err := os.MkdirAll(p.dir, 0o755); err != nil { // the workers may be another user
		return err
	}
	name := filepath.Join(p.dir, "config")
	config := fill(p.config, "{dir}", p.dir, "{port}", strconv.Itoa(p.port), "{upstream}", strconv.Itoa(p.upstream))
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		return err
	}
	args := append(slices.Clip(p.command), name)

	log, err := os.Create(filepath.Join(p.dir, "output"))
	if err != nil {
		return err
	}
	defer log.Close()
	ctx, p.cancel = context.WithCancel(ctx)
	p.process = command(ctx, p.cpus, args...)
	p.process.Env = append(os.Environ(), p.env...)
	p.process.Stdout, p.process.Stderr = log, log
	if err := p.process.Start(); err != nil {
		return err
	}
	p.ended = make(chan error, 1)
	go func() { p.ended <- p.process.Wait() }()
	if err := p.ready(); err != nil {
		p.stop()
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s: %w\n%s", p.name, err, said)
	}
	return nil
}

func (p *proxy) ready() error {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("ended at once: %w", err)
		default:
		}
		if c, err := dial(p.port); err == nil {
			c.conn.Close()
			return p.choose()
		}
	}
	return errors.New("does not answer")
}

// choose makes the visitors' choices, as the form in the notice does. Where they accept, every other one accepts one service
// only.
func (p *proxy) choose() error {
	p.choices = nil
	if p.choice == "" {
		return nil
	}
	client := &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	for i := range visitors {
		form := url.Values{"choice": {p.choice}, "return": {"/"}}
		if p.choice == "accept" && i%2 == 1 {
			form = url.Values{"choice": {"custom"}, "service": {"matomo"}, "return": {"/"}}
		}
		res, err := client.PostForm(fmt.Sprintf("http://127.0.0.1:%d/_consent/choice", p.port), form)
		if err != nil {
			return err
		}
		res.Body.Close()
		at := slices.IndexFunc(res.Cookies(), func(c *http.Cookie) bool { return c.Name == "cookies_preferences" })
		if at < 0 {
			return fmt.Errorf("no choice: %s %v", res.Status, res.Header)
		}
		p.choices = append(p.choices, res.Cookies()[at].Name+"="+res.Cookies()[at].Value)
	}
	return nil
}

func (p *proxy) pid() int { return p.process.Process.Pid }

func (p *proxy) stop() {
	p.cancel()
	<-p.ended
}
