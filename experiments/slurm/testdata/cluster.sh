#!/bin/sh
# A cluster of Slurm on this machine, of two nodes n1 and n2, for tests:
#
#   cluster.sh start DIR    everything it needs is in DIR; prints the configuration file, for SLURM_CONF
#   cluster.sh kill DIR N   kills a node's slurmd and what it runs
#   cluster.sh stop DIR
#
# Needs slurmctld, slurmd and munged (Debian: slurm-wlm, munge), none of them running as a service. CENET_SLURM_PORT is the first of three ports.
set -eu
command=$1 dir=$2
port=${CENET_SLURM_PORT:-17801}

case $command in
start)
	mkdir -p "$dir/ctld" "$dir/n1" "$dir/n2"
	chmod 700 "$dir"
	head -c 1024 /dev/urandom >"$dir/munge.key"
	chmod 400 "$dir/munge.key"
	munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munge.pid" \
		--log-file="$dir/munge.log" --seed-file="$dir/munge.seed" 2>/dev/null
	cat >"$dir/slurm.conf" <<EOF
ClusterName=test
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$dir/ctld
SlurmctldPidFile=$dir/ctld.pid
SlurmctldLogFile=$dir/ctld.log
SlurmdSpoolDir=$dir/%n
SlurmdPidFile=$dir/%n.pid
SlurmdLogFile=$dir/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
ReturnToService=2
SlurmdParameters=config_overrides
SlurmdTimeout=5
SlurmctldTimeout=5
InactiveLimit=0
KillWait=5
MinJobAge=3600
SchedulerParameters=sched_interval=2,batch_sched_delay=1,sched_min_interval=0
NodeName=n1 NodeAddr=127.0.0.1 NodeHostName=$(hostname) Port=$((port + 1)) CPUs=2 RealMemory=1500
NodeName=n2 NodeAddr=127.0.0.1 NodeHostName=$(hostname) Port=$((port + 2)) CPUs=2 RealMemory=1500
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
EOF
	export SLURM_CONF=$dir/slurm.conf
	slurmctld -f "$SLURM_CONF" -c
	slurmd -f "$SLURM_CONF" -N n1
	slurmd -f "$SLURM_CONF" -N n2
	for _ in $(seq 100); do
		[ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ] && break
		sleep 0.2
	done
	[ "$(sinfo -h -t idle -o %D)" = 2 ] || { sinfo >&2; tail -n 20 "$dir"/*.log >&2; exit 1; }
	echo "$SLURM_CONF"
	;;
kill)
	kill -KILL "$(cat "$dir/$3.pid")"
	for environ in /proc/[0-9]*/environ; do # what it runs is gone with the node
		if tr '\0' '\n' 2>/dev/null <"$environ" | grep -q "^SLURMD_NODENAME=$3\$"; then
			process=${environ#/proc/}
			process=${process%/environ}
			parent=$(ps -o ppid= -p "$process" 2>/dev/null | tr -d ' ') || continue
			case $(ps -o comm= -p "$parent" 2>/dev/null) in
			slurmstepd*) kill -KILL "$parent" 2>/dev/null || true ;; # before it tells of the end of the task
			esac
			kill -KILL "$process" 2>/dev/null || true
		fi
	done
	;;
stop)
	for name in ctld n1 n2; do
		if [ -f "$dir/$name.pid" ]; then
			kill "$(cat "$dir/$name.pid")" 2>/dev/null || true
		fi
	done
	kill "$(cat "$dir/munge.pid")" 2>/dev/null || true
	;;
*)
	echo "usage: $0 start|kill|stop DIR [NODE]" >&2
	exit 2
	;;
esac
