#!/usr/bin/env bash
# Runs what sekisho fleet manifest kubernetes prints on a real control plane and a kubelet of this machine, against an emulated organization: an
# Indexed Job of 20 shards over 200 accounts, of which one index is killed and another one fails, and its report. It is run by hand, as root, on
# Linux: it is not part of .ci/run. No registry of images is needed.
#
# etcd, containerd, runc and the CNI plugins are Debian's, and are installed where they are lacking. Kubernetes is built from its modules, which
# takes 15 minutes of CPU and 3 GB, once, in KUBERNETES_CACHE (.venv/kubernetes). A machine with cgroup v1 wants 1.34 or older.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=v1.34.4
cache=${KUBERNETES_CACHE:-$PWD/.venv/kubernetes}
programs=$cache/$version

fail() {
  echo "test-kubernetes: error: $*" >&2
  exit 1
}
say() { echo "test-kubernetes: $*"; }

[ "$(id -u)" -eq 0 ] || fail "containers are made by root; got the user $(id -un)"
missing=()
command -v etcd >/dev/null || missing+=(etcd-server)
command -v containerd >/dev/null || missing+=(containerd)
command -v runc >/dev/null || missing+=(runc)
command -v jq >/dev/null || missing+=(jq)
command -v openssl >/dev/null || missing+=(openssl)
[ -x /usr/lib/cni/loopback ] || missing+=(containernetworking-plugins)
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; } || fail "can't install ${missing[*]}"
fi

# kubernetes builds what is lacking of it, from a module that replaces its staging modules by those that are published.
kubernetes() (
  export GOMODCACHE=$cache/gomod GOCACHE=$cache/gocache GOFLAGS='-modcacherw -trimpath -mod=mod' CGO_ENABLED=0
  mkdir -p "$programs" "$cache/mod"
  cd "$cache/mod"
  rm -f go.mod go.sum
  go mod init sekisho.test/kubernetes 2>/dev/null
  go mod edit -require "k8s.io/kubernetes@$version"
  source=$(go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/^\t"Dir": "\(.*\)".*/\1/p')
  sed -n 's,^\t\(k8s.io/[a-z-]*\) => ./staging.*,\1,p' "$source/go.mod" | while read -r module; do
    go mod edit -replace "$module=$module@v0${version#v1}"
  done
  named='-X k8s.io/component-base/version'
  for program in "$@"; do
    say "building $program"
    go build -o "$programs/$program" -ldflags "-s -w $named.gitVersion=$version $named.gitMajor=1 $named.gitMinor=34" "k8s.io/kubernetes/cmd/$program"
  done
)
lacking=()
for program in kubectl kube-apiserver kube-controller-manager kube-scheduler kubelet; do
  if [ ! -x "$programs/$program" ]; then lacking+=("$program"); fi
done
if [ ${#lacking[@]} -gt 0 ]; then kubernetes "${lacking[@]}"; fi
export PATH=$programs:$PATH

work=$(mktemp -d)
started=()
finish() {
  set +e
  ctr --address "$work/containerd.sock" -n k8s.io tasks ls -q 2>/dev/null | while read -r task; do
    ctr --address "$work/containerd.sock" -n k8s.io tasks rm -f "$task" >/dev/null 2>&1
  done
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do
    kill "${started[$i]}" 2>/dev/null
    wait "${started[$i]}" 2>/dev/null
  done
  awk -v under="$work/" 'index($2, under) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n 1 umount -l
  rm -rf --one-file-system "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# background NAME COMMAND... starts a program whose output is in a file.
background() {
  "${@:2}" >"$work/$1.log" 2>&1 &
  started+=($!)
}
# until_true SECONDS WHAT COMMAND... waits until a command succeeds.
until_true() {
  local end=$((SECONDS + $1))
  until "${@:3}" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$end" ]; then
      tail -n 20 "$work"/*.log >&2
      fail "after $1 seconds still waiting: $2"
    fi
    sleep 1
  done
}

for name in $(compgen -e); do
  case $name in AWS_* | SEKISHO_*) unset "$name" ;; esac
done
say "building sekisho and the emulator"
CGO_ENABLED=0 go build -o "$work/sekisho" ./cmd/sekisho
go build -o "$work/emulator" ./cmd/emulator
mkdir "$work/idle"
cat >"$work/idle/main.go" <<'END'
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	<-ended
}
END
CGO_ENABLED=0 go build -o "$work/pause" "$work/idle/main.go"

say "starting the control plane"
background etcd etcd --data-dir "$work/etcd" --listen-client-urls http://127.0.0.1:23790 --advertise-client-urls http://127.0.0.1:23790 \
  --listen-peer-urls http://127.0.0.1:23800 --initial-advertise-peer-urls http://127.0.0.1:23800 --initial-cluster default=http://127.0.0.1:23800
openssl genrsa -out "$work/accounts.key" 2048 2>/dev/null
token=$(openssl rand -hex 16)
echo "$token,admin,admin,system:masters" >"$work/tokens.csv"
cat >"$work/kubeconfig" <<END
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:26443", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: "$token"}}]
contexts: [{name: test, context: {cluster: test, user: admin}}]
current-context: test
END
export KUBECONFIG=$work/kubeconfig
background kube-apiserver kube-apiserver --etcd-servers http://127.0.0.1:23790 --secure-port 26443 --bind-address 127.0.0.1 --advertise-address 127.0.0.1 \
  --cert-dir "$work/apiserver" --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$work/accounts.key" \
  --service-account-signing-key-file "$work/accounts.key" --authorization-mode AlwaysAllow --token-auth-file "$work/tokens.csv" \
  --disable-admission-plugins ServiceAccount --service-cluster-ip-range 10.0.0.0/24 --endpoint-reconciler-type none
until_true 120 "kube-apiserver" kubectl get --raw /readyz
background kube-controller-manager kube-controller-manager --kubeconfig "$work/kubeconfig" --leader-elect=false --secure-port 26257 --bind-address 127.0.0.1 \
  --cert-dir "$work/controllers" --service-account-private-key-file "$work/accounts.key"
background kube-scheduler kube-scheduler --kubeconfig "$work/kubeconfig" --leader-elect=false --secure-port 26259 --bind-address 127.0.0.1 --cert-dir "$work/scheduler"

say "starting containerd and the kubelet"
mkdir "$work/cni"
echo '{"cniVersion": "0.4.0", "name": "alone", "plugins": [{"type": "loopback"}]}' >"$work/cni/10-alone.conflist"
cat >"$work/containerd.toml" <<END
version = 2
root = "$work/containerd"
state = "$work/containerd-state"
[grpc]
  address = "$work/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  stream_server_port = "0"
  restrict_oom_score_adj = true # root of a container may lower it no further
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$work/cni"
END
background containerd containerd --config "$work/containerd.toml"
containers() { ctr --address "$work/containerd.sock" -n k8s.io "$@"; }
until_true 60 "containerd" containers version
# image NAME imports an image that is one program and nothing else.
image() {
  local at=$work/image-$1
  mkdir -p "$at/root"
  cp "$work/$1" "$at/root/$1"
  tar -C "$at/root" --owner 0 --group 0 -cf "$at/layer.tar" "$1"
  echo "{\"architecture\": \"$(go env GOARCH)\", \"os\": \"linux\", \"config\": {\"Entrypoint\": [\"/$1\"]}, \"rootfs\": {\"type\": \"layers\", \"diff_ids\": [\"sha256:$(sha256sum "$at/layer.tar" | cut -d ' ' -f 1)\"]}}" >"$at/config.json"
  echo "[{\"Config\": \"config.json\", \"RepoTags\": [\"localhost/$1:1\"], \"Layers\": [\"layer.tar\"]}]" >"$at/manifest.json"
  tar -C "$at" -cf "$at.tar" manifest.json config.json layer.tar
  containers images import "$at.tar" >/dev/null
}
image pause
image sekisho
cat >"$work/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
containerRuntimeEndpoint: unix://$work/containerd.sock
address: 127.0.0.1
port: 26250
healthzPort: 26248
readOnlyPort: 0
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
evictionHard: {memory.available: 10Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
failSwapOn: false
resolvConf: ""
volumePluginDir: $work/plugins
podLogsDir: $work/pod-logs
END
background kubelet kubelet --config "$work/kubelet.yaml" --kubeconfig "$work/kubeconfig" --root-dir "$work/kubelet" --cert-dir "$work/kubelet-pki" \
  --hostname-override node
until_true 120 "the node" sh -c 'kubectl get node node -o json | jq -e ".status.conditions[] | select(.type == \"Ready\" and .status == \"True\")"'

say "starting an emulated organization of 200 accounts"
"$work/emulator" -organization 200 -users 3 -latency 400ms >"$work/endpoint" 2>"$work/emulator.log" &
started+=($!)
until_true 60 "the emulator" grep -q '^http' "$work/endpoint"
environ=(AWS_ENDPOINT_URL="$(head -n 1 "$work/endpoint")" AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=not-a-secret AWS_REGION=us-east-1
  AWS_EC2_METADATA_DISABLED=true)

mkdir -p "$work/volume/runs/by-hand/snapshots"
# One account can't be written down: a file is where its folder should be. Its shard fails, and may pass another time.
obstacle=$work/volume/runs/by-hand/snapshots/100000000007
touch "$obstacle"
chown -R 65532:65532 "$work/volume"
chmod -R go-rwx "$work/volume"
kubectl create secret generic emulator "${environ[@]/#/--from-literal=}" >/dev/null
kubectl apply -f - >/dev/null <<END
{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "runs"},
    "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "storageClassName": "by-hand", "hostPath": {"path": "$work/volume"}}},
  {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "runs"},
    "spec": {"resources": {"requests": {"storage": "1Gi"}}, "accessModes": ["ReadWriteMany"], "storageClassName": "by-hand", "volumeName": "runs"}}
]}
END

say "the API server takes what sekisho prints, and nothing in it is unknown"
given=(--image localhost/sekisho:1 --service-account default --secret emulator --wait 5s)
for more in "--run s3://example-runs/fleet" "--run /var/lib/sekisho/runs --claim runs --region eu-west-1" "--run s3://example-runs/{env:NAME} --shards 1"; do
  # shellcheck disable=SC2086
  "$work/sekisho" fleet manifest kubernetes "${given[@]}" $more | kubectl create --dry-run=server --validate=strict -f - >/dev/null || fail "the API server refuses the manifest of $more"
done
# The only network is that of the machine, and nobody waits until the morning.
"$work/sekisho" fleet manifest kubernetes "${given[@]}" --run /var/lib/sekisho/runs --claim runs -f json -- --exclude 100000000011 |
  jq '.items[].spec |= (.suspend = true | .jobTemplate.spec.template.spec.hostNetwork = true)' >"$work/manifest.json"
kubectl create --validate=strict -f "$work/manifest.json" >/dev/null

# pods JOB INDEX lists the exit statuses of the pods of an index that ended.
pods() {
  kubectl get pods -l "batch.kubernetes.io/job-name=$1,batch.kubernetes.io/job-completion-index=$2" -o json |
    jq -r '.items[].status | .initContainerStatuses[]?, .containerStatuses[]? | select(.name != "plan") | .state.terminated.exitCode // empty'
}
ended() { kubectl get job "$1" -o json | jq -e '.status.conditions[]? | select((.type == "Failed" or .type == "Complete") and .status == "True")'; }
succeeded() { kubectl get job "$1" -o json | jq -r '.status.succeeded // 0'; }

say "an Indexed Job of 20 shards, one of which is killed and another one fails"
kubectl create job sekisho-run-by-hand --from cronjob/sekisho-run >/dev/null
process() { # of index 3, once it is there
  local id
  id=$(kubectl get pods -l batch.kubernetes.io/job-name=sekisho-run-by-hand,batch.kubernetes.io/job-completion-index=3 -o json |
    jq -er '.items[].status.containerStatuses[]? | select(.state.running) | .containerID | ltrimstr("containerd://")') || return
  containers tasks ls | awk -v id="$id" '$1 == id && $3 == "RUNNING" { print $2; found = 1 } END { exit !found }' >"$work/killed"
}
until_true 180 "a pod of the index 3" process
kill -9 "$(cat "$work/killed")"
until_true 600 "the Job" ended sekisho-run-by-hand
failed=$(kubectl get job sekisho-run-by-hand -o jsonpath='{.status.failedIndexes}')
[ "$(succeeded sekisho-run-by-hand)" -eq 19 ] || fail "got $(succeeded sekisho-run-by-hand) indexes that succeeded, want 19 of 20"
[ "$(pods sekisho-run-by-hand 3 | sort -n | xargs)" = "0 137" ] || fail "index 3: got the exit statuses $(pods sekisho-run-by-hand 3 | xargs), want one that was killed and one that succeeded"
[ "$(pods sekisho-run-by-hand "$failed" | xargs)" = "1 1 1 1" ] || fail "index $failed: got the exit statuses $(pods sekisho-run-by-hand "$failed" | xargs), want four attempts"

# report JOB makes one by the second CronJob, and prints its exit status.
report() {
  kubectl create job "$1" --from cronjob/sekisho-merge >/dev/null
  until_true 300 "the report" ended "$1"
  kubectl get pods -l "batch.kubernetes.io/job-name=$1" -o json | jq -r '[.items[].status.containerStatuses[]?.state.terminated.exitCode] | map(tostring) | join(" ")'
}
say "its report: what the index that failed left undone is unknown"
status=$(report sekisho-merge-by-hand)
[ "$status" = 3 ] || fail "got the exit statuses $status of the report, want one attempt with 3"
unknown=$(jq -r '[.accounts[] | select(.status == "unknown") | .id] | join(" ")' "$work/volume/fleet.json")
[ "$unknown" = 100000000007 ] || fail "got the unknown accounts $unknown, want the one that could not be written"

say "run again, it does what is left, and is the report of a single process"
rm "$obstacle"
kubectl delete job sekisho-run-by-hand sekisho-merge-by-hand --wait >/dev/null
touch "$work/before"
chown 65532:65532 "$work/before"
kubectl create job sekisho-run-by-hand --from cronjob/sekisho-run >/dev/null
until_true 600 "the Job" ended sekisho-run-by-hand
[ "$(succeeded sekisho-run-by-hand)" -eq 20 ] || fail "got $(succeeded sekisho-run-by-hand) indexes that succeeded, want all"
again=$(find "$work/volume/runs/by-hand/accounts" -newer "$work/before" -name '*.gz' | wc -l)
[ "$again" -eq 1 ] || fail "got $again accounts audited the second time, want the one that was left"
report sekisho-merge-by-hand >/dev/null
status=0
env "${environ[@]}" HOME="$work" "$work/sekisho" fleet audit --quiet --concurrency 50 --exclude 100000000011 -o "$work/single.json" || status=$?
[ "$status" -eq 3 ] || fail "auditing by a single process: got exit status $status, want 3"
accounts() { jq -S '.accounts | map(del(.taken_at))' "$1"; }
[ "$(jq '.accounts | length' "$work/single.json")" -eq 200 ] || fail "got another number of accounts, want 200"
diff <(accounts "$work/volume/fleet.json") <(accounts "$work/single.json") || fail "the reports differ"

say "wrong usage fails an index at once"
jq '.items[0] | .metadata.name = "wrong" | .spec.jobTemplate.spec |= (.completions = 2 | .template.spec.containers[0].args |= map(if . == "auto" then "0/7" else . end))
  | (.spec.jobTemplate.spec.template.spec | .containers[0].args[2], .initContainers[0].args[4]) = "/var/lib/sekisho/runs/wrong"' "$work/manifest.json" |
  kubectl create --validate=strict -f - >/dev/null
kubectl create job wrong --from cronjob/wrong >/dev/null
until_true 120 "the Job" ended wrong
[ "$(pods wrong 0 | xargs) $(pods wrong 1 | xargs)" = "2 2" ] || fail "got the exit statuses $(pods wrong 0 | xargs) and $(pods wrong 1 | xargs), want one attempt each, with 2"
say "all passed"
