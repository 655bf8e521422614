namespace PushNode.Storage.Mongo.Driver;

/// <summary>The types of BSON elements that are written or understood here (https://bsonspec.org/spec.html).</summary>
internal enum BsonType : byte
{
    End = 0x00,
    Double = 0x01,
    Text = 0x02,
    Document = 0x03,
    Array = 0x04,
    Binary = 0x05,
    ObjectId = 0x07,
    Flag = 0x08,
    Date = 0x09,
    Null = 0x0A,
    Int32 = 0x10,
    Timestamp = 0x11,
    Int64 = 0x12,
    Decimal128 = 0x13,
    MinKey = 0xFF,
    MaxKey = 0x7F,
}
