import type { AlertGroup } from './alert.ts'

const livekit: AlertGroup = {
  name: 'livekit',
  job: 'livekit',
  alerts: [
    {
      name: 'MediaDropped',
      severity: 'warning',
      expr: [
        'sum by (instance) (rate(livekit_node_packet_total{type="dropped"}[5m]))',
        '/ sum by (instance) (rate(livekit_node_packet_total{type="out"}[5m])) > 0.01',
      ].join(' '),
      for: '5m',
      summary: 'The host of LiveKit drops {{ $value | humanizePercentage }} of its packets.',
      description: 'Calls stutter. Its processors, its link or its buffers for UDP are too small.',
    },
    {
      name: 'CallsFail',
      severity: 'warning',
      expr: [
        'sum by (instance) (rate(livekit_participant_join_total{state="signal_failed"}[10m]))',
        '/ sum by (instance) (rate(livekit_participant_join_total{state=~"signal_failed|signal_connected"}[10m])) > 0.1',
      ].join(' '),
      for: '10m',
      summary: '{{ $value | humanizePercentage }} of the attempts to join a call fail.',
      description: 'Tokens may be refused, or the service that makes them may be down.',
    },
  ],
}

const redis: AlertGroup = {
  name: 'redis',
  job: 'redis',
  alerts: [
    {
      name: 'RedisDown',
      severity: 'critical',
      expr: 'redis_up == 0',
      for: '1m',
      summary: 'Redis of {{ $labels.instance }} does not let the exporter in.',
      description: 'It does not run, or it refuses the account of the exporter.',
    },
    {
      name: 'RedisNearlyFull',
      severity: 'warning',
      expr: 'redis_memory_used_bytes / (redis_memory_max_bytes > 0) > 0.9',
      for: '5m',
      summary: 'Redis of {{ $labels.instance }} has filled {{ $value | humanizePercentage }} of its memory.',
      description: 'It refuses writes, or forgets, when all is filled.',
    },
  ],
}

export const calls: readonly AlertGroup[] = [livekit, redis]
