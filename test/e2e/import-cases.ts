// Configurations of our own for the round trip: what the corpus has too little of, or in words that the installed program refuses.
const times = `    timeout connect 5s
    timeout client 30s
    timeout server 30s
`
const rules = `global
    log 127.0.0.1 local0
    log 127.0.0.1 local1 notice
    maxconn 2000
    tune.bufsize 32768
defaults
    mode http
    option httplog
    option forwardfor
${times}    errorfile 503 /etc/haproxy/errors/503.http
userlist people
    user ann password $5$saltsalt$A2wkSVMGoW3/rzHSQ2ml5QbEkT1ZvCRhoUHnHRLvg81
cache pages
    total-max-size 4
    max-age 10
frontend www
    bind *:21701
    bind *:21711-21712
    acl is_api path_beg /api /v1
    acl is_old hdr_dom(host) -i old.example.org
    acl mobile hdr(User-Agent) -m sub Phone
    .if version_atleast(2.4)
    http-request set-header X-New yes
    .else
    http-request set-header X-New no
    .endif
    http-request set-header X-Hash "a#b c"
    http-request auth realm Staff if { path_beg /staff } !{ http_auth(people) }
    http-request deny deny_status 429 if { path /deny } METH_POST
    http-request redirect prefix https://new.example.org code 301 if is_old
    http-request set-path /index.html if { path / }
    http-response set-header X-Frame-Options DENY
    http-response del-header Content-Type if { status 404 }
    capture request header Host len 40
    unique-id-format %{+X}o%ci
    compression algo gzip
    monitor-uri /alive
    rate-limit sessions 1000
    use_backend api_v1 if is_api !mobile
    use_backend phones if mobile
    use_backend %[req.hdr(X-Pool),lower] if { req.hdr(X-Pool) -m str phones }
    default_backend pages
backend api_v1
    balance leastconn
    option httpchk
    http-check send meth GET uri /ok hdr Host api.example.org
    http-check expect rstatus ^2
    http-request set-header X-Api 1
    cookie SRV insert indirect nocache
    server a 192.0.2.21:8080 cookie a check inter 5s
    server b 192.0.2.22:8080 cookie b check backup
backend phones
    stick-table type ip size 10k expire 5m
    stick on src
    http-request cache-use pages if { path_end .css }
    server p 192.0.2.31:80 send-proxy weight 10 slowstart 10s
backend pages
    balance source
    hash-type consistent
    redirect location /moved code 302 if { path /moving }
    server one 192.0.2.41:80 maxconn 20
    server two 192.0.2.42:80 disabled
listen limited
    bind 0.0.0.0:21702
    stick-table type ip size 1k expire 30s store http_req_cnt
    http-request track-sc0 src
    http-request deny deny_status 429 if { sc0_http_req_cnt gt 1000 }
    option http-server-close
    server s 192.0.2.51:80
listen raw
    bind :21703
    mode tcp
    tcp-request inspect-delay 1s
    tcp-request content accept if HTTP
    option tcp-check
    tcp-check connect
    tcp-check send GET\\ /\\ HTTP/1.0\\r\\n\\r\\n
    tcp-check expect string 200
    server r 192.0.2.61:80 check inter 3s
listen closed
    bind *:21704
    http-request return status 200 content-type text/plain string "shut" if { path /page }
    server none 192.0.2.62:80 disabled
`
const secure = `defaults
    mode http
${times}frontend tls
    bind *:21721 ssl crt /etc/ssl/one.pem alpn http/1.1
    http-request set-header X-Forwarded-Proto https if { ssl_fc }
    http-response set-header Strict-Transport-Security max-age=60
    use_backend b2 if { ssl_fc_sni -i two.example.org }
    default_backend b1
frontend plain
    bind *:21722
    http-request redirect scheme https unless { ssl_fc }
    default_backend b1
backend b1
    dispatch 192.0.2.71:80
backend b2
    server s 192.0.2.72:80 check
`

const sites = `worker_processes 2;
events { multi_accept on; }
http {
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    map $host $chosen { default app_pool; other.example.org files; }
    limit_req_zone $binary_remote_addr zone=per_ip:1m rate=1000r/s;
    log_format short '$remote_addr "$request"';
    access_log off;
    server_tokens off;
    add_header X-Outer http;
    proxy_set_header X-Real-IP $remote_addr;
    upstream app_pool { server 192.0.2.81:8080 max_fails=0; server 192.0.2.82:8080 backup; keepalive 8; }
    upstream files { least_conn; server 192.0.2.83:80; }
    upstream Legacy { server 192.0.2.84:80 weight=3 max_fails=2 fail_timeout=5s; }
    server {
        listen 21801 default_server;
        server_name _;
        return 404 "nobody\\n";
    }
    server {
        listen 21801;
        listen 21802;
        server_name app.example.org *.app.example.org;
        client_max_body_size 2m;
        location / { proxy_pass http://app_pool; proxy_set_header Host $host; }
        location /named/ { proxy_pass http://app_pool/inner/; }
        location = /exact { proxy_pass http://Legacy; }
        location ^~ /assets/ { expires 1h; add_header X-Inner location; proxy_pass http://files; }
        location ~* \\.(png|jpg)$ { proxy_pass http://files; }
        location ~ "^/u/([0-9]{1,4})$" { rewrite ^/u/(.*)$ /user?id=$1 break; proxy_pass http://app_pool; }
        location /old { return 301 /new$is_args$args; }
        location /choose { proxy_set_header Host $host; proxy_pass http://$chosen; }
        location /limited { limit_req zone=per_ip burst=5; proxy_pass http://app_pool; }
        location /deny { deny all; }
        location /text { default_type text/html; return 200 "a;b {c} #d"; }
        location /if { if ($request_method = POST) { return 405; } proxy_pass http://app_pool; }
        location /ws {
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_pass http://app_pool;
        }
        error_page 404 = @fallback;
        location @fallback { proxy_pass http://files; }
        location /static { root /nonexistent; try_files $uri =404; }
    }
    server {
        listen 21801;
        server_name ~^(?<sub>[a-z]+)\\.re\\.example\\.org$ "";
        location / { add_header X-Sub $sub; proxy_pass http://files; }
    }
    server {
        listen 21803 ssl http2;
        server_name secure.example.org;
        ssl_certificate /etc/ssl/one.pem;
        ssl_certificate_key /etc/ssl/one.key;
        location / { proxy_pass http://Legacy; proxy_set_header X-Forwarded-Proto $scheme; }
    }
}
`
const routes = `events {}
http {
    access_log off;
    upstream web { server 192.0.2.91:80; server 192.0.2.92:80; }
    upstream api { server 192.0.2.93:80; }
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    server {
        listen 21811;
        server_name www.example.org;
        location / { proxy_pass http://web; }
        location /api/ { proxy_pass http://api; }
        location ~ \\.php$ { proxy_pass http://api; }
        location = /one { proxy_pass http://api; }
    }
    server {
        listen 21811;
        server_name api.example.org;
        location / { proxy_pass http://api; }
    }
}
`

export const CASES = [
  { name: 'rules of every kind', program: 'haproxy', text: rules },
  { name: 'TLS, names and a dispatch', program: 'haproxy', text: secure },
  { name: 'sites of every kind', program: 'nginx', text: sites },
  { name: 'routes', program: 'nginx', text: routes },
] as const
